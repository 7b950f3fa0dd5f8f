package org.testcontainers.containers.wait.strategy;

/** The signatures of Testcontainers 1.20 that docker/testcontainers-java.md uses. */
public class Wait {
    public static HttpWaitStrategy forHttp(String path) {
        throw new UnsupportedOperationException();
    }
}

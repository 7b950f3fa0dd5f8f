package org.testcontainers.containers.wait.strategy;

/** The signatures of Testcontainers 1.20 that docker/testcontainers-java.md uses. */
public class HttpWaitStrategy implements WaitStrategy {
    public HttpWaitStrategy forPort(int port) {
        throw new UnsupportedOperationException();
    }

    public HttpWaitStrategy forStatusCode(int code) {
        throw new UnsupportedOperationException();
    }
}

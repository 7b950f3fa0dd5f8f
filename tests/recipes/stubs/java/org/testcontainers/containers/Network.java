package org.testcontainers.containers;

/** The signatures of Testcontainers 1.20 that docker/testcontainers-java.md uses. */
public interface Network extends AutoCloseable {
    static Network newNetwork() {
        throw new UnsupportedOperationException();
    }

    @Override
    void close();
}

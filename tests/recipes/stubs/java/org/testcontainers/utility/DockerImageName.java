package org.testcontainers.utility;

/** As in Testcontainers 1.20. */
public class DockerImageName {
    public static DockerImageName parse(String name) {
        throw new UnsupportedOperationException();
    }
}

package org.testcontainers.containers;

import java.util.List;
import java.util.Map;
import org.testcontainers.containers.wait.strategy.WaitStrategy;
import org.testcontainers.utility.DockerImageName;

/** The signatures of Testcontainers 1.20 that docker/testcontainers-java.md uses. */
public class GenericContainer<SELF extends GenericContainer<SELF>> implements AutoCloseable {
    public GenericContainer(DockerImageName image) {}

    public SELF withNetwork(Network network) {
        throw new UnsupportedOperationException();
    }

    public SELF withNetworkAliases(String... aliases) {
        throw new UnsupportedOperationException();
    }

    public SELF withExposedPorts(Integer... ports) {
        throw new UnsupportedOperationException();
    }

    public SELF withEnv(Map<String, String> environment) {
        throw new UnsupportedOperationException();
    }

    public SELF withCommand(String... words) {
        throw new UnsupportedOperationException();
    }

    public SELF waitingFor(WaitStrategy strategy) {
        throw new UnsupportedOperationException();
    }

    public void setPortBindings(List<String> bindings) {
        throw new UnsupportedOperationException();
    }

    public String getHost() {
        throw new UnsupportedOperationException();
    }

    public Integer getMappedPort(int port) {
        throw new UnsupportedOperationException();
    }

    public void start() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

}

package org.testcontainers.containers.wait.strategy;

/** As in Testcontainers 1.20. */
public interface WaitStrategy {}

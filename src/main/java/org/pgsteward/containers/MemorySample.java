package org.pgsteward.containers;

import java.time.Instant;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;

/**
 * One sample of a container's memory usage.
 *
 * @param service the container's service
 * @param container the container; its labels may set thresholds of their own
 * @param at the time of the sample
 */
public record MemorySample(String service, Container container, Memory memory, Instant at) {}

package org.pgsteward.containers;

import java.time.Instant;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;

/**
 * One sample of what a service's container uses.
 *
 * @param service whose container it is
 * @param container its labels may set levels of its own
 * @param at when the sample was taken
 */
public record Reading(String service, Container container, Memory memory, Instant at) {}

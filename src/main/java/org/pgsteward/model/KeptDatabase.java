package org.pgsteward.model;

import java.time.Instant;

/**
 * A database that a restore made beside the live one, or kept of it, and that the operator drops when it is no longer
 * needed.
 *
 * @param service whose backup or whose live database it was
 * @param replaced whether {@code --replace} kept it; {@code --into} made it otherwise
 * @param since when the restore ended
 */
public record KeptDatabase(String name, String service, boolean replaced, Instant since, long sizeBytes) {}

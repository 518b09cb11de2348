package org.pgsteward.model;

import java.time.Instant;

/**
 * A database that a restore created beside the live one, or the previous live database that it kept. The operator drops
 * it when it is no longer needed.
 *
 * @param service the service of the backup or of the live database
 * @param replaced true if {@code --replace} kept it as the previous database, false if {@code --into} created it
 * @param since when the restore ended
 */
public record KeptDatabase(String name, String service, boolean replaced, Instant since, long sizeBytes) {}

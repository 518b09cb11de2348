package org.pgsteward.backup;

import java.time.Instant;
import java.util.Map;

/**
 * What stands beside a backup and says what it holds. It is written last: a backup without it is not whole.
 *
 * @param setId the backup set that it was made in; empty where it belongs to none
 * @param file its name, without the folder
 * @param sha256 of the file as stored
 * @param sizeBytes of the file as stored
 * @param sourceBytes of the stream before compression
 * @param image of the service's container; empty when unknown
 * @param owner the role that owns the database
 * @param extensions by name, with their versions, as the database had them
 * @param rows of each ordinary table and each partition, counted in the dump's own snapshot, by quoted name
 */
public record Manifest(
        String backupId,
        String eventId,
        String setId,
        String service,
        String database,
        String owner,
        String image,
        String kind,
        String file,
        String sha256,
        long sizeBytes,
        long sourceBytes,
        Instant startedAt,
        Instant finishedAt,
        String serverVersion,
        String clientVersion,
        Map<String, String> extensions,
        Map<String, Long> rows) {
    /** A manifest of before there were sets has none. */
    public Manifest {
        setId = setId == null ? "" : setId;
    }
}

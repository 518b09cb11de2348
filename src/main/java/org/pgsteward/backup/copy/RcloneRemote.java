package org.pgsteward.backup.copy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.io.Json;

/** The abilities of remotes, which rclone reports. They are asked for once in the life of this process. */
public final class RcloneRemote {
    /** The hashes that Java and rclone have in common, the strongest first: the name for rclone and the one for Java. */
    private static final List<Map.Entry<String, String>> HASHES =
            List.of(Map.entry("sha256", "SHA-256"), Map.entry("sha1", "SHA-1"), Map.entry("md5", "MD5"));

    private static final ObjectMapper JSON = Json.mapper();
    private static final int MOST = 1 << 20;

    private final String address;
    private final Map<RcloneConfig, Abilities> known = new ConcurrentHashMap<>();

    /** @param address such as {@code nas:pgsteward} */
    public RcloneRemote(String address) {
        this.address = address.strip();
    }

    /**
     * The abilities of a remote.
     *
     * @param renames whether it has files under a name and renames them. Object stores store a file as a whole or not
     * @param hash the name of the hash that it reports; empty for none
     * @param algorithm the name of this hash in Java
     */
    record Abilities(boolean renames, Optional<String> hash, String algorithm) {}

    String address() {
        return address;
    }

    /** Returns the address of a path in the remote. */
    String of(String path) {
        String folder = address.replaceFirst("(?<=[^:/])/+$", "");
        return folder.endsWith(":") || folder.endsWith("/") ? folder + path : folder + "/" + path;
    }

    Abilities abilities(Rclone rclone) throws IOException, InterruptedException {
        RcloneConfig key = rclone.config();
        Abilities found = known.get(key);
        if (found == null) {
            found = read(rclone.run(Rclone.limit(0, 0), MOST, "backend", "features", address));
            // Only the current configuration is of use.
            known.clear();
            known.put(key, found);
        }
        return found;
    }

    private static Abilities read(byte[] features) throws IOException {
        JsonNode all = JSON.readTree(features);
        Set<String> hashes = new HashSet<>();
        all.path("Hashes").forEach(hash -> hashes.add(hash.asText()));
        Map.Entry<String, String> best = HASHES.stream()
                .filter(hash -> hashes.contains(hash.getKey()))
                .findFirst()
                .orElse(Map.entry("", "SHA-256"));
        return new Abilities(
                all.path("Features").path("Move").asBoolean(),
                Optional.of(best.getKey()).filter(name -> !name.isEmpty()),
                best.getValue());
    }

    /**
     * A file at a remote.
     *
     * @param size -1 if the remote does not know it
     * @param hash empty if the remote does not know it
     */
    record Found(long size, Optional<String> hash) {}

    /** Returns the file of a path without its hash; empty if it does not exist or is a folder. */
    Optional<Found> find(Rclone rclone, String path) throws IOException, InterruptedException {
        return find(rclone, path, Optional.empty(), 0);
    }

    /**
     * Returns the file of a path; empty if it does not exist or is a folder.
     *
     * @param hash the name of the hash to compute, if the remote has it
     * @param sizeBytes the expected size
     */
    Optional<Found> find(Rclone rclone, String path, Optional<String> hash, long sizeBytes)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(
                List.of("lsjson", "--stat", "--no-modtime", "--no-mimetype", Rclone.patience(sizeBytes)));
        hash.ifPresent(name -> arguments.addAll(List.of("--hash", "--hash-type", name)));
        arguments.add(of(path));
        try {
            JsonNode item =
                    JSON.readTree(rclone.run(Rclone.limit(sizeBytes, 0), MOST, arguments.toArray(String[]::new)));
            if (item.isMissingNode() || item.isNull() || item.path("IsDir").asBoolean()) {
                return Optional.empty();
            }
            return Optional.of(new Found(
                    item.path("Size").asLong(-1),
                    hash.map(name -> item.path("Hashes").path(name).asText("")).filter(text -> !text.isEmpty())));
        } catch (RcloneFailure e) {
            if (e.isMissing()) {
                return Optional.empty();
            }
            throw e;
        }
    }
}

package org.pgsteward.backup.copy.ends;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.pgsteward.OtherEnd;

/**
 * A real S3 server (S3Proxy, in a process of its own) with one bucket. It checks signatures, and supports multipart
 * uploads. {@code src/test/bed/s3} has its libraries; if they cannot be downloaded, the test is skipped.
 */
public final class S3End implements AutoCloseable {
    public static final String BUCKET = "backups";

    private static final String KEY = "AKIATESTOFPGSTEWARD";
    private static final String SECRET = "a+secret/of=tests";
    private static final Path SOURCES = Path.of("src/test/bed/s3");

    private final ServedFolder place;
    private final OtherEnd server;
    private final Path served;
    private final Path keys;
    private final String libraries;

    private S3End(Path parent) throws Exception {
        libraries = libraries();
        place = ServedFolder.create();
        Path own = parent.toString().isEmpty() ? place.folder() : parent;
        served = own.resolve("served");
        Files.createDirectories(served());
        server = new OtherEnd(Files.createDirectory(place.folder().resolve("server")));
        keys = place.folder().resolve("server/keys");
        permit(SECRET, "all");
        restart();
    }

    /** Starts a server whose bucket is empty. */
    public static S3End start() throws Exception {
        return new S3End(Path.of(""));
    }

    /** Starts a server whose bucket is on a disk that can be filled. The disk has to be closed after the server. */
    public static S3End on(MountedFolder disk) throws Exception {
        return new S3End(disk.folder());
    }

    private static String libraries() throws Exception {
        Client found = Client.run(Map.of(), List.of(SOURCES.resolve("libraries").toString()));
        assumeTrue(
                found.exit() == 0,
                () -> "skipped: there is no S3 server; " + found.err().strip());
        return found.out().strip();
    }

    /** Starts the server again after {@link #stop}, on the same port and with the same objects. */
    public void restart() throws IOException {
        server.start(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                libraries + File.separator + "*",
                SOURCES.resolve("Server.java").toString(),
                Integer.toString(port()),
                served.toString(),
                keys.toString());
    }

    public void stop() {
        server.stop();
    }

    /** Accepts the access key no more. */
    public void revokeKey() throws IOException {
        keys("");
    }

    /** Changes the secret of the access key, so that clients with the present one are refused. */
    public void changeSecret() throws IOException {
        permit("another" + SECRET, "all");
    }

    /** Refuses to delete objects with the access key, as the policy of a bucket may do. */
    public void refuseDeletes() throws IOException {
        permit(SECRET, "keep");
    }

    /** Refuses to store and to delete objects with the access key. */
    public void readOnly() throws IOException {
        permit(SECRET, "read");
    }

    /** Accepts the access key again, for everything. */
    public void restoreKey() throws IOException {
        permit(SECRET, "all");
    }

    private void permit(String secret, String what) throws IOException {
        keys(KEY + " " + secret + " " + what + "\n");
    }

    /** Replaces the file at once, because the server reads it for each request. */
    private void keys(String content) throws IOException {
        Path next = Files.writeString(keys.resolveSibling("keys.new"), content);
        Files.move(next, keys, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Returns the folder of the objects in the bucket. */
    public Path served() {
        return served.resolve(BUCKET);
    }

    public int port() {
        return server.port();
    }

    /** Returns the log of the server. */
    public String log() throws IOException {
        return server.log();
    }

    /**
     * Returns the section {@code name} of rclone.conf. The path of a file is {@code NAME:BUCKET/FILE}.
     *
     * @param port the port that clients connect to: that of the server, or of a {@link FaultyLink}
     */
    public String rclone(String name, int port) {
        return """
                [%s]
                type = s3
                provider = Other
                access_key_id = %s
                secret_access_key = %s
                endpoint = http://127.0.0.1:%d
                region = us-east-1
                force_path_style = true
                """.formatted(name, KEY, SECRET, port);
    }

    /** Writes an rclone.conf with one remote. */
    public Path rcloneConf(String name, int port) throws IOException {
        return Files.writeString(place.folder().resolve("rclone-" + name + "-" + port + ".conf"), rclone(name, port));
    }

    /** Returns the address of a restic repository in the bucket. */
    public String resticRepository(String name, int port) {
        return "s3:http://127.0.0.1:" + port + "/" + BUCKET + "/" + name;
    }

    /** Returns the variables with which restic logs in. */
    public Map<String, String> resticEnvironment() {
        return Map.of("AWS_ACCESS_KEY_ID", KEY, "AWS_SECRET_ACCESS_KEY", SECRET);
    }

    @Override
    public void close() throws IOException {
        stop();
        if (Files.exists(place.folder())) {
            place.delete();
        }
    }
}

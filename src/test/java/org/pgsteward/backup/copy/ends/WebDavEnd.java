package org.pgsteward.backup.copy.ends;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.OtherEnd;

/** A real WebDAV server with one folder and one user: {@code rclone serve webdav}. */
public final class WebDavEnd implements AutoCloseable {
    private static final String USER = "steward";
    private static final String PASSWORD = "a password + of tests";

    private final ServedFolder place;
    private final OtherEnd server;
    private final Path served;
    private String password = PASSWORD;
    private boolean readOnly;

    private WebDavEnd(Path parent) throws Exception {
        Client.need("rclone", "rclone");
        place = ServedFolder.create();
        Path own = parent.toString().isEmpty() ? place.folder() : parent;
        served = place.own(Files.createDirectory(own.resolve("served")));
        server = new OtherEnd(Files.createDirectory(place.folder().resolve("server")));
        restart();
    }

    public static WebDavEnd start() throws Exception {
        return new WebDavEnd(Path.of(""));
    }

    /** Starts a server whose folder is on a disk that can be filled. The disk has to be closed after the server. */
    public static WebDavEnd on(MountedFolder disk) throws Exception {
        return new WebDavEnd(disk.folder());
    }

    /** Starts the server again after {@link #stop}, on the same port. */
    public void restart() throws IOException {
        List<String> command = new ArrayList<>(List.of("rclone", "--config", "", "serve", "webdav", served.toString()));
        command.addAll(List.of("--addr", "127.0.0.1:" + port(), "--user", USER, "--pass", password));
        if (readOnly) {
            command.add("--read-only");
        }
        server.start(command.toArray(String[]::new));
    }

    public void stop() {
        server.stop();
    }

    /** Restarts the server with another password, so that clients with the present one are refused. */
    public void changePassword() throws IOException {
        password = "another " + PASSWORD;
        restart();
    }

    /** Restarts the server with the first password. */
    public void restorePassword() throws IOException {
        password = PASSWORD;
        restart();
    }

    /** Restarts the server, which refuses changes, or accepts them again. */
    public void readOnly(boolean yes) throws IOException {
        readOnly = yes;
        restart();
    }

    /** Returns the folder of the files. Clients see it as the root of the remote. */
    public Path served() {
        return served;
    }

    public int port() {
        return server.port();
    }

    /** Returns the log of the server. */
    public String log() throws IOException {
        return server.log();
    }

    /**
     * Returns the section {@code name} of rclone.conf.
     *
     * @param port the port that clients connect to: that of the server, or of a {@link FaultyLink}
     */
    public String rclone(String name, int port) throws Exception {
        return """
                [%s]
                type = webdav
                url = http://127.0.0.1:%d
                vendor = other
                user = %s
                pass = %s
                """.formatted(
                name, port, USER, OtherEnd.run("rclone", "obscure", PASSWORD).get(0));
    }

    /** Writes an rclone.conf with one remote. */
    public Path rcloneConf(String name, int port) throws Exception {
        return Files.writeString(place.folder().resolve("rclone-" + name + "-" + port + ".conf"), rclone(name, port));
    }

    @Override
    public void close() throws IOException {
        stop();
        if (Files.exists(place.folder())) {
            place.delete();
        }
    }
}

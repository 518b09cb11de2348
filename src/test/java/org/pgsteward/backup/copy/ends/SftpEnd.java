package org.pgsteward.backup.copy.ends;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.OtherEnd;

/**
 * A real OpenSSH server with one folder, for rclone and for restic. As root, the server runs as an unprivileged user, so
 * that permissions of the folder have an effect.
 */
public final class SftpEnd implements AutoCloseable {
    private final ServedFolder place;
    private final OtherEnd server;
    private final Path served;
    private final Path accepted;
    private final Path login;
    private final String command;
    private Path hostKey;
    private String more = "";
    private int keys;

    private SftpEnd(Path parent, boolean shell) throws Exception {
        Client.need("sshd", "openssh-server");
        Client.need("ssh-keygen", "openssh-client");
        place = ServedFolder.create();
        boolean may = !shell || !Client.isRoot() || place.user().equals("postgres");
        if (!may) {
            place.delete();
        }
        assumeTrue(may, "skipped: no unprivileged user has a shell; install postgresql-15, or do not run as root");
        Path own = parent.toString().isEmpty() ? place.folder() : parent;
        served = place.own(Files.createDirectory(own.resolve("served")));
        server = new OtherEnd(Files.createDirectory(place.folder().resolve("server")));
        login = server.key("login");
        accepted = place.folder().resolve("server/accepted");
        command = shell ? "" : "ForceCommand internal-sftp -d " + served + "\n";
        hostKey = place.own(server.key("host"));
        restoreKey();
        restart();
    }

    /** Starts a server that offers only SFTP. So rclone cannot read checksums from it. */
    public static SftpEnd start() throws Exception {
        return new SftpEnd(Path.of(""), false);
    }

    /** Starts a server with a shell, in which rclone runs md5sum and sha1sum. Relative paths begin at the user's home. */
    public static SftpEnd withShell() throws Exception {
        return new SftpEnd(Path.of(""), true);
    }

    /** Starts a server whose folder is on a disk that can be filled. The disk has to be closed after the server. */
    public static SftpEnd on(MountedFolder disk) throws Exception {
        return new SftpEnd(disk.folder(), false);
    }

    /** Starts the server again after {@link #stop}, on the same port. */
    public void restart() throws IOException {
        server.openSsh(place.as(), hostKey, "AuthorizedKeysFile " + accepted + "\n" + more + command);
    }

    /**
     * Lets the server answer an address that broke connections off or failed to log in. Since version 9.8, OpenSSH refuses
     * such an address for seconds to minutes.
     */
    public void forgive() throws Exception {
        Matcher version = Pattern.compile("OpenSSH_(\\d+)\\.(\\d+)")
                .matcher(Client.run(Map.of(), List.of("ssh", "-V")).err());
        if (version.find() && Integer.parseInt(version.group(1)) * 100 + Integer.parseInt(version.group(2)) >= 908) {
            more = "PerSourcePenalties no\n";
            restart();
        }
    }

    /** Gives files in its folder to the user of the server. */
    public void own(Path path) throws Exception {
        place.own(path);
    }

    /** Stops the server and ends its sessions. */
    public void stop() {
        server.stop();
    }

    /** Restarts the server with another host key. {@link #knownHosts} still has the first one. */
    public void changeHostKey() throws Exception {
        knownHosts(port());
        hostKey = place.own(server.key("host-" + ++keys));
        restart();
    }

    /** Accepts the key of the clients no more. The server ends no open session. */
    public void revokeKey() throws Exception {
        place.own(Files.writeString(accepted, ""));
    }

    public void restoreKey() throws Exception {
        place.own(Files.writeString(accepted, Files.readString(Path.of(login + ".pub"))));
    }

    /** Takes the permission to change the folder, or returns it. */
    public void readOnly(boolean yes) throws IOException {
        ServedFolder.readOnly(served, yes);
    }

    /** Returns the folder of the files. Clients name it with its absolute path. */
    public Path served() {
        return served;
    }

    public int port() {
        return server.port();
    }

    public String user() {
        return place.user();
    }

    /** Returns the private key of the clients. */
    public Path key() {
        return login;
    }

    /** Returns the log of the server. */
    public String log() throws IOException {
        return server.log();
    }

    /**
     * Returns a file with the first host key.
     *
     * @param port the port that clients connect to: that of the server, or of a {@link FaultyLink}
     */
    public Path knownHosts(int port) throws IOException {
        Path key = place.folder().resolve("server/host.pub");
        return Files.writeString(
                place.folder().resolve("known_hosts-" + port), "[127.0.0.1]:" + port + " " + Files.readString(key));
    }

    /** Returns the section {@code name} of rclone.conf. */
    public String rclone(String name, int port) throws IOException {
        return """
                [%s]
                type = sftp
                host = 127.0.0.1
                port = %d
                user = %s
                key_file = %s
                known_hosts_file = %s
                """.formatted(name, port, user(), login, knownHosts(port));
    }

    /** Writes an rclone.conf with one remote. */
    public Path rcloneConf(String name, int port) throws IOException {
        return Files.writeString(place.folder().resolve("rclone-" + name + "-" + port + ".conf"), rclone(name, port));
    }

    /** Returns the address of a restic repository in the folder. */
    public String resticRepository(String name, int port) {
        return "sftp://" + user() + "@127.0.0.1:" + port + "/" + served.resolve(name);
    }

    /** Returns the arguments of ssh, which asks no questions and trusts only the known host key. */
    public String sshArguments(int port) throws IOException {
        return "-F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=none -o UserKnownHostsFile="
                + knownHosts(port) + " -o IdentitiesOnly=yes -i " + login;
    }

    /** Returns the options of a restic newer than 0.14, which adds the port and the user from the address. */
    public List<String> resticArguments(int port) throws IOException {
        return List.of("-o", "sftp.args=" + sshArguments(port));
    }

    /** Returns the options of any version of restic. They replace the port and the user of the address. */
    public List<String> resticCommand(int port) throws IOException {
        return List.of(
                "-o",
                "sftp.command=ssh " + sshArguments(port) + " -p " + port + " -l " + user() + " 127.0.0.1 -s sftp");
    }

    @Override
    public void close() throws IOException {
        stop();
        if (Files.exists(place.folder())) {
            if (Files.exists(served)) {
                ServedFolder.readOnly(served, false);
            }
            place.delete();
        }
    }
}

package org.pgsteward.backup.copy;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A failure of restic in one line without secrets. Its kind decides what is tried next. */
final class ResticFailure extends IOException {
    private static final long serialVersionUID = 1;

    /** Characters of restic's own words. */
    private static final int MOST = 300;

    /** The exit code of setpriv if the program is missing. */
    private static final int NOT_FOUND = 127;

    /** The kinds of failures. */
    enum Kind {
        NO_REPOSITORY,
        LOCKED,
        WRONG_PASSWORD,
        /** The repository refuses a lock, because it is read-only. */
        READ_ONLY,
        /** ssh does not connect, or the link broke. */
        LINK,
        OTHER
    }

    /** The texts about a part that is altered, cut off or missing. */
    private static final Pattern DAMAGE = Pattern.compile(
            "ciphertext verification failed|file is too short|<data/\\w+>.*(no such file|does not exist)",
            Pattern.CASE_INSENSITIVE);

    private static final String[] REFUSALS = {"permission denied", "unauthorized", "forbidden", "access denied"};

    private static final Pattern JSON = Pattern.compile("\\{\"message_type\":\"exit_error\".*?\"message\":\"(.*)\"}");

    private final Kind kind;

    private ResticFailure(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /**
     * Returns whether a part of the repository is altered or missing. Another attempt would fail as well, unlike after a
     * broken connection.
     */
    boolean isDamage() {
        return kind == Kind.OTHER
                && DAMAGE.matcher(String.valueOf(getMessage())).find();
    }

    /**
     * Returns the failure of a command. restic has exit codes for some causes since version 0.17. Its texts are the same
     * before.
     *
     * @param errors its standard error
     */
    static ResticFailure of(ResticSettings settings, String command, int exit, String errors) {
        String shown = settings.redacted(errors);
        if (exit == NOT_FOUND && shown.contains("failed to execute restic")) {
            return missing(new IOException("it is not on the PATH"));
        }
        Kind kind = kind(exit, shown);
        return new ResticFailure(kind, message(settings, kind, command, exit, shown));
    }

    private static Kind kind(int exit, String errors) {
        String text = errors.toLowerCase(Locale.ROOT);
        if (exit == 12 || text.contains("wrong password or no key found")) {
            return Kind.WRONG_PASSWORD;
        }
        if (exit == 11 || text.contains("repository is already locked")) {
            return Kind.LOCKED;
        }
        if (has(
                text,
                "host key verification failed",
                "permission denied (",
                "connection refused",
                "connection timed out",
                "connection closed",
                "connection reset",
                "could not resolve",
                "no such host",
                "no route to host",
                "network is unreachable",
                "unable to start the sftp session")) {
            return Kind.LINK;
        }
        if (text.contains("unable to create lock")) {
            return Kind.READ_ONLY;
        }
        // Version 0.14 prints the same if it cannot reach the place. The causes above come first.
        if (text.contains("is there a repository at the following location") && !has(text, REFUSALS)) {
            return Kind.NO_REPOSITORY;
        }
        return Kind.OTHER;
    }

    private static boolean has(String text, String... words) {
        return Stream.of(words).anyMatch(text::contains);
    }

    private static String message(ResticSettings settings, Kind kind, String command, int exit, String shown) {
        return switch (kind) {
            case NO_REPOSITORY ->
                "there is no restic repository at the address in " + settings.setting("repository")
                        + "; mount its disk or correct the address; for a new repository, run 'pgsteward check --copies',"
                        + " which creates it";
            case WRONG_PASSWORD ->
                "the password in " + settings.setting("password") + " does not open the restic repository; give the one"
                        + " with which the repository was made";
            case LOCKED ->
                "the restic repository is locked by another process; if none runs, remove the lock with 'restic unlock':"
                        + " " + cause(shown, "already locked");
            case LINK -> link(settings, shown);
            default -> "restic " + command + " failed with exit code " + exit + ": " + cause(shown, "Fatal: ");
        };
    }

    private static String link(ResticSettings settings, String shown) {
        String text = shown.toLowerCase(Locale.ROOT);
        if (text.contains("host key verification failed")) {
            return "ssh does not trust the host key of the server; compare its fingerprint and write the line of"
                    + " ssh-keyscan into " + file(settings.ssh().knownHosts().map(Object::toString), "known_hosts");
        }
        if (text.contains("permission denied (")) {
            return "the server refuses the key " + file(settings.ssh().key().map(Object::toString), "of ssh")
                    + "; add its public part to authorized_keys there: " + cause(shown, "ermission denied (");
        }
        return "cannot reach the restic repository: "
                + cause(shown, "onnection ", "esolve", "no such host", "route", "etwork ");
    }

    private static String file(java.util.Optional<String> file, String otherwise) {
        return file.orElse(otherwise);
    }

    /** Returns the first line with one of the words, or else the last line. */
    private static String cause(String errors, String... words) {
        List<String> lines = JSON.matcher(errors)
                .replaceAll("$1")
                .replace("\\n", "\n")
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("github.com/") && !line.startsWith("/"))
                .toList();
        String line = lines.stream()
                .filter(one -> has(one, words))
                .findFirst()
                .orElse(lines.isEmpty() ? "it printed no error" : lines.get(lines.size() - 1));
        return line.length() <= MOST ? line : line.substring(0, MOST) + "…";
    }

    /** Returns the failure of a command that took too long. */
    static ResticFailure tooLong(String command, java.time.Duration limit) {
        return new ResticFailure(
                Kind.LINK,
                "restic " + command + " did not end within " + limit.toMinutes() + " minutes and was killed");
    }

    /** Returns the failure of a repository that keeps snapshots without an error. */
    static ResticFailure kept() {
        return new ResticFailure(Kind.OTHER, "the server of the restic repository keeps what is to be removed");
    }

    /** Returns the failure to start restic. */
    static ResticFailure missing(IOException because) {
        return new ResticFailure(
                Kind.OTHER, "cannot start restic: " + because.getMessage() + "; install restic 0.14 or newer");
    }
}

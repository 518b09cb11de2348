package org.pgsteward.backup.copy;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.pgsteward.postgres.ClientProgram;

/** The messages of rclone, in one line for the operator and without secrets. Pure. */
final class RcloneErrors {
    private static final int MOST = 300;

    /** A server may send any text, and rclone quotes it. */
    private static final int SEARCHED = 64 * 1024;

    private static final Pattern PREFIX = Pattern.compile(
            "^\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d (?:(?:ERROR|CRITICAL|WARNING|NOTICE|INFO|DEBUG) *: )?");
    private static final Pattern COMMAND =
            Pattern.compile("^(?:Failed to [a-z]+(?: with \\d+ errors)?: (?:last error was: )?)?"
                    + "(?:Failed to create file system for \"[^\"]*\": (?:NewFs: )?)?");
    private static final Pattern LOGIN = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]{0,30}://)[^/\\s@]*@");
    private static final Pattern QUERY = Pattern.compile("(://[^\\s?\"']{0,300})\\?[^\\s\"']*");
    private static final Pattern BREAKS = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\s]+");

    private static final String CLOSED =
            "the server closed the connection; some refuse an address for minutes after failed logins";

    /** The fault and the next step, by a part of rclone's text. The first one that occurs counts. */
    private static final Map<String, String> ADVICE = new LinkedHashMap<>();

    static {
        ADVICE.put(
                "knownhosts: key mismatch",
                "the server has another host key than its known_hosts_file; if it was installed anew, write its new key"
                        + " there with ssh-keyscan");
        ADVICE.put(
                "knownhosts: key is unknown",
                "the known_hosts_file has no key of this server; add it with ssh-keyscan");
        ADVICE.put(
                "unable to authenticate",
                "the server refuses the login; correct the user of the remote, and register the public part of its key"
                        + " there");
        ADVICE.put("is it obscured?", "a password in rclone.conf must be the output of 'rclone obscure'");
        ADVICE.put(
                "directory not found",
                "the folder of the remote is missing there; correct the address, or let 'pgsteward check --copies' make it");
        ADVICE.put(
                "permission denied",
                "the server refuses access to the folder of the remote; name another folder, or let the account write"
                        + " there");
        ADVICE.put("SSH_FX_FAILURE", "the server names no cause, and its disk may be full");
        ADVICE.put("handshake failed: EOF", CLOSED);
        ADVICE.put("connection reset by peer", CLOSED);
        for (String away : List.of("i/o timeout", "no route to host", "connection refused", "no such host")) {
            ADVICE.put(away, "the server does not answer; check its address, its port and the network");
        }
    }

    private RcloneErrors() {}

    /** Returns the cause of a failure. */
    static String cause(ClientProgram.Ended ended, Set<String> secrets) {
        List<String> texts = ended.errors().stream()
                .map(line -> PREFIX.matcher(line.strip()).replaceFirst(""))
                .filter(line -> !line.isBlank())
                .toList();
        String last = texts.stream()
                .filter(line -> line.startsWith("Failed to ") || line.startsWith("Fatal error"))
                .reduce((first, second) -> second)
                .orElse(
                        texts.isEmpty()
                                ? "rclone ended with exit code " + ended.exitCode()
                                : texts.get(texts.size() - 1));
        return advised(clean(COMMAND.matcher(last).replaceFirst(""), secrets));
    }

    /** Returns a text in one line of limited length, without secrets. */
    static String clean(String text, Set<String> secrets) {
        String line = text.substring(0, Math.min(text.length(), SEARCHED));
        for (String secret : secrets.stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList()) {
            line = line.replace(secret, "***");
        }
        line = LOGIN.matcher(line).replaceAll("$1***@");
        line = QUERY.matcher(line).replaceAll("$1?***");
        line = BREAKS.matcher(line).replaceAll(" ").strip();
        return line.length() <= MOST ? line : line.substring(0, MOST - 1) + "…";
    }

    private static String advised(String cause) {
        return ADVICE.entrySet().stream()
                .filter(advice -> cause.contains(advice.getKey()))
                .findFirst()
                .map(advice -> advice.getValue() + ": " + cause)
                .orElse(cause);
    }
}

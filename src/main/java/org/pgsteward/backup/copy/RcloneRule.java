package org.pgsteward.backup.copy;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The conditions for a remote of rclone. Each fault is one line with the next step. Pure. */
final class RcloneRule {
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private static final Pattern THIS_HOST =
            Pattern.compile("^http://(?:[^/@]*@)?(?:localhost|127(?:\\.\\d{1,3}){3}|\\[::1])(?::\\d+)?(?:/|$)");

    private RcloneRule() {}

    /**
     * Throws if the remote cannot be used safely.
     *
     * @param remote such as {@code nas:pgsteward}
     * @param isFile whether a path is a file on this host
     */
    static void require(String remote, RcloneConfig config, Predicate<String> isFile) {
        requireAddress("the remote", remote, config);
        for (String name : config.sections().keySet()) {
            for (String address : config.wrapped(name)) {
                requireAddress("the remote of '" + name + "' in rclone.conf", address, config);
            }
            switch (config.type(name)) {
                case "sftp" -> requireHostKey(name, config, isFile);
                case "ftp" -> requireTls(name, config);
                case "webdav", "http" -> requireHttps(name, config);
                default -> {}
            }
        }
    }

    private static void requireAddress(String subject, String address, RcloneConfig config) {
        if (CONTROL.matcher(address).find()) {
            throw new IllegalArgumentException(subject + " contains a control character");
        }
        Optional<String> name = RcloneConfig.nameIn(address);
        boolean isPath = address.startsWith("/") && !subject.equals("the remote");
        if (isPath) {
            return;
        }
        if (name.isEmpty() || name.get().startsWith("-") || address.contains("..")) {
            throw new IllegalArgumentException(
                    subject + " is '" + address + "', not NAME:path with a NAME in rclone.conf, such as nas:pgsteward");
        }
        if (!config.sections().containsKey(name.get())) {
            List<String> names = List.copyOf(new TreeSet<>(config.sections().keySet()));
            throw new IllegalArgumentException(subject + " is '" + address
                    + "', and rclone.conf has no remote of that name; it has "
                    + (names.isEmpty() ? "none" : String.join(", ", names.subList(0, Math.min(names.size(), 10)))));
        }
    }

    private static void requireHostKey(String name, RcloneConfig config, Predicate<String> isFile) {
        String host = config.option(name, "host").orElse("HOST");
        String port =
                config.option(name, "port").map(number -> "-p " + number + " ").orElse("");
        Optional<String> file = config.option(name, "known_hosts_file");
        if (file.isEmpty()) {
            throw new IllegalArgumentException(
                    "the remote '" + name + "' trusts any server; run `ssh-keyscan " + port + host
                            + " > known_hosts`, compare the key with the server's, and add known_hosts_file = /PATH/known_hosts to"
                            + " the remote in rclone.conf");
        }
        if (!file.get().startsWith("/") || !isFile.test(file.get())) {
            throw new IllegalArgumentException("the known_hosts_file of the remote '" + name + "' is '" + file.get()
                    + "', which pgsteward cannot read; write its keys with `ssh-keyscan " + port + host
                    + "`, and name it with its absolute path");
        }
        config.option(name, "key_file")
                .filter(key -> !key.startsWith("/") || !isFile.test(key))
                .ifPresent(key -> {
                    throw new IllegalArgumentException(
                            "the key_file of the remote '" + name + "' is '" + key
                                    + "', which pgsteward cannot read; name it with its absolute path, or write the key as key_pem");
                });
    }

    private static void requireTls(String name, RcloneConfig config) {
        if (!isTrue(name, "tls", config) && !isTrue(name, "explicit_tls", config)) {
            throw new IllegalArgumentException(
                    "the remote '" + name
                            + "' sends its password in clear text; add explicit_tls = true to the remote in rclone.conf, or use sftp");
        }
    }

    private static boolean isTrue(String name, String key, RcloneConfig config) {
        return config.option(name, key).filter("true"::equalsIgnoreCase).isPresent();
    }

    private static void requireHttps(String name, RcloneConfig config) {
        String url = config.option(name, "url").orElse("");
        boolean hasLogin = config.option(name, "pass").isPresent()
                || config.option(name, "bearer_token").isPresent()
                || url.contains("@");
        if (hasLogin && url.startsWith("http://") && !THIS_HOST.matcher(url).find()) {
            throw new IllegalArgumentException("the remote '" + name
                    + "' sends its password in clear text; change its url in rclone.conf to https");
        }
    }
}

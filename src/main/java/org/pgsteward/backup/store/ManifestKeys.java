package org.pgsteward.backup.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.pgsteward.model.Secret;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that sign manifests, by HMAC-SHA256. They are not in the store, so a program that can write into the store
 * cannot forge a manifest of pgsteward.
 *
 * <p>The key of the setting signs. Without one, a key in the state folder signs, which is made when it is first needed.
 * Every known key verifies. The signature covers the file byte by byte, without the line of the signature itself.
 */
public final class ManifestKeys {
    /** No keys: manifests are neither signed nor checked. */
    public static final ManifestKeys NONE = new ManifestKeys(List.of(), Optional.empty());

    private static final Logger LOG = LoggerFactory.getLogger(ManifestKeys.class);

    private static final String SETTING = "pgsteward.backup.manifest.key";
    private static final String ALGORITHM = "HmacSHA256";
    private static final Pattern KEY = Pattern.compile("[0-9a-f]{64}");

    /** The length of a key in bytes. */
    private static final int LENGTH = 32;

    /** The line of the signature, as {@link #signed} writes it: the last line of the object. */
    private static final Pattern LINE =
            Pattern.compile(",\\n  \"signature\" : \"hmac-sha256:([0-9a-f]{16}):([0-9a-f]{64})\"\\n}\\n?\\z");

    /** Characters, slightly more than the line of a signature has. */
    private static final int LONGEST_LINE = 140;

    /** Bytes; a file with a signature is larger. */
    static final int SHORTEST = 100;

    private static final byte[] END = "\n}".getBytes(StandardCharsets.US_ASCII);

    private final List<Secret> given;
    private final Optional<Path> own;

    private ManifestKeys(List<Secret> given, Optional<Path> own) {
        this.given = given;
        this.own = own;
    }

    /**
     * Returns the keys of this host.
     *
     * @param setting keys of 64 hexadecimal digits, one a line, the signing key first
     * @param own the file of the key that is used without the setting; it need not exist
     * @throws IllegalArgumentException if a line of the setting is not a key; the message does not quote it
     */
    public static ManifestKeys of(Optional<Secret> setting, Path own) {
        return new ManifestKeys(parsed(setting), Optional.of(own));
    }

    /**
     * Returns the keys of the setting.
     *
     * @throws IllegalArgumentException if a line of the setting is not a key; the message does not quote it
     */
    public static List<Secret> parsed(Optional<Secret> setting) {
        if (setting.isEmpty()) {
            return List.of();
        }
        List<Secret> keys = lines(setting.get().reveal());
        if (keys.isEmpty()
                || !keys.stream().allMatch(key -> KEY.matcher(key.reveal()).matches())) {
            throw new IllegalArgumentException(
                    SETTING + " is not a key; write 64 hexadecimal digits, as 'openssl rand -hex 32' prints them");
        }
        return keys;
    }

    /** Returns a new key, as its file contains it. */
    public static String newKey() {
        byte[] key = new byte[LENGTH];
        new SecureRandom().nextBytes(key);
        return HexFormat.of().formatHex(key);
    }

    /**
     * Returns a manifest with its signature.
     *
     * @param manifest a JSON object, indented by two spaces
     * @throws IOException if the key in the state folder cannot be read or made
     */
    byte[] signed(byte[] manifest) throws IOException {
        if (given.isEmpty() && own.isEmpty()) {
            return manifest;
        }
        Secret key = given.isEmpty() ? ownKey() : given.get(0);
        String line = ",\n  \"signature\" : \"hmac-sha256:" + id(key) + ":"
                + HexFormat.of().formatHex(mac(key, manifest, manifest.length)) + "\"\n}";
        ByteArrayOutputStream signed = new ByteArrayOutputStream(manifest.length + line.length());
        signed.write(manifest, 0, manifest.length - END.length);
        signed.writeBytes(line.getBytes(StandardCharsets.US_ASCII));
        return signed.toByteArray();
    }

    /**
     * Compares a manifest with its signature.
     *
     * @throws IOException if the key in the state folder cannot be read
     */
    ManifestSignature check(byte[] manifest) throws IOException {
        List<Secret> keys = known();
        if (keys.isEmpty()) {
            return ManifestSignature.UNCHECKED;
        }
        int tail = Math.min(manifest.length, LONGEST_LINE);
        Matcher line = LINE.matcher(new String(manifest, manifest.length - tail, tail, StandardCharsets.ISO_8859_1));
        if (!line.find()) {
            return ManifestSignature.MISSING;
        }
        int length = manifest.length - tail + line.start();
        byte[] signature = HexFormat.of().parseHex(line.group(2));
        for (Secret key : keys) {
            if (id(key).equals(line.group(1))) {
                return MessageDigest.isEqual(mac(key, manifest, length, END), signature)
                        ? ManifestSignature.VALID
                        : ManifestSignature.WRONG;
            }
        }
        return ManifestSignature.FOREIGN;
    }

    private List<Secret> known() throws IOException {
        List<Secret> keys = new ArrayList<>(given);
        if (own.isPresent()) {
            readOwn(own.get()).ifPresent(keys::add);
        }
        return keys;
    }

    private Secret ownKey() throws IOException {
        Path file = own.orElseThrow();
        Optional<Secret> there = readOwn(file);
        return there.isPresent() ? there.get() : make(file);
    }

    private static Optional<Secret> readOwn(Path file) throws IOException {
        List<Secret> keys;
        try {
            keys = lines(BoundedFile.text(file, 64 * 1024));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
        if (keys.size() != 1 || !KEY.matcher(keys.get(0).reveal()).matches()) {
            throw new IOException(
                    "cannot read the key of manifests: " + file + " does not contain 64 hexadecimal digits;"
                            + " put a copy of the key there, or remove the file, and pgsteward makes a new key");
        }
        return Optional.of(keys.get(0));
    }

    /** Makes the key. If two processes do so at the same time, both use the key of the first one. */
    private static Secret make(Path file) throws IOException {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
        Path part = Files.createTempFile(
                folder,
                "." + file.getFileName(),
                ".part",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(part, newKey() + "\n");
            AtomicFile.sync(part);
            Files.createLink(file, part);
            AtomicFile.sync(folder);
            LOG.info(
                    "made the key that signs manifests: {}; keep a copy of it on another machine, with the age identity",
                    file);
        } catch (FileAlreadyExistsException another) {
            LOG.debug("another process made {}", file);
        } finally {
            Files.deleteIfExists(part);
        }
        return readOwn(file).orElseThrow();
    }

    /** Returns the lines that are keys. A comment begins with a number sign. */
    private static List<Secret> lines(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(Secret::new)
                .toList();
    }

    /** Returns the name of a key in manifests: a hash from which the key cannot be derived. */
    private static String id(Secret key) {
        byte[] named = ("pgsteward manifest key " + key.reveal()).getBytes(StandardCharsets.US_ASCII);
        return HexFormat.of().formatHex(Sha256.digest().digest(named), 0, 8);
    }

    private static byte[] mac(Secret key, byte[] bytes, int length, byte... end) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(HexFormat.of().parseHex(key.reveal()), ALGORITHM));
            mac.update(bytes, 0, length);
            return mac.doFinal(end);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no " + ALGORITHM, e);
        }
    }
}

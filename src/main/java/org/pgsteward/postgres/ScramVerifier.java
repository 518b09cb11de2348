package org.pgsteward.postgres;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.pgsteward.model.Secret;

/**
 * A password verifier as PostgreSQL stores it. It is computed here, so that the clear text never reaches the server's
 * log or {@code pg_stat_activity}.
 *
 * <p>Source: RFC 5802 section 3 and PostgreSQL's {@code src/common/scram-common.c}: {@code SCRAM-SHA-256$<iterations>:
 * <salt>$<StoredKey>:<ServerKey>}, all in base64.
 */
public final class ScramVerifier {
    /** The defaults of PostgreSQL 15. */
    private static final int ITERATIONS = 4096;

    private static final int SALT_BYTES = 16;

    private static final Pattern STORED =
            Pattern.compile("SCRAM-SHA-256\\$(\\d{1,9}):([A-Za-z0-9+/=]+)\\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)");

    /** RFC 3454, table C.1.2. U+200B is in both tables; libpq treats it as a space. */
    private static final Pattern SPACES = Pattern.compile("[\\u00A0\\u1680\\u2000-\\u200B\\u202F\\u205F\\u3000]");

    /** RFC 3454, table B.1. */
    private static final Pattern NOTHING =
            Pattern.compile("[\\u00AD\\u034F\\u1806\\u180B-\\u180D\\u200C\\u200D\\u2060\\uFE00-\\uFE0F\\uFEFF]");

    private final int iterations;
    private final byte[] salt;
    private final byte[] storedKey;
    private final byte[] serverKey;

    private ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) {
        this.iterations = iterations;
        this.salt = salt;
        this.storedKey = storedKey;
        this.serverKey = serverKey;
    }

    /** Creates a verifier with a new salt. */
    public static ScramVerifier of(Secret password) {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        return derive(password, salt, ITERATIONS);
    }

    /** Parses a value of {@code pg_authid.rolpassword}; empty for md5 and any other form. */
    public static Optional<ScramVerifier> parse(String stored) {
        Matcher matcher = STORED.matcher(stored);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Base64.Decoder base64 = Base64.getDecoder();
        return Optional.of(new ScramVerifier(
                Integer.parseInt(matcher.group(1)),
                base64.decode(matcher.group(2)),
                base64.decode(matcher.group(3)),
                base64.decode(matcher.group(4))));
    }

    /** Returns whether the verifier was made from {@code password}. */
    public boolean accepts(Secret password) {
        return MessageDigest.isEqual(derive(password, salt, iterations).storedKey, storedKey);
    }

    /**
     * Returns whether {@code stored}, in either of PostgreSQL's two forms, was made from {@code password}.
     *
     * @param stored the value of {@code pg_authid.rolpassword}
     * @param role the role of the value; the older form, {@code md5}, hashes the password together with the role's name
     */
    public static boolean accepts(String stored, String role, Secret password) {
        if (stored.startsWith("md5")) {
            return MessageDigest.isEqual(
                    stored.getBytes(StandardCharsets.US_ASCII),
                    md5(password.reveal() + role).getBytes(StandardCharsets.US_ASCII));
        }
        return parse(stored).filter(verifier -> verifier.accepts(password)).isPresent();
    }

    private static String md5(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
            return "md5" + HexFormat.of().formatHex(digest);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no MD5", e);
        }
    }

    /** Returns the verifier in the form that PostgreSQL stores and accepts after {@code PASSWORD}. */
    public String stored() {
        Base64.Encoder base64 = Base64.getEncoder();
        return "SCRAM-SHA-256$" + iterations + ":" + base64.encodeToString(salt) + "$"
                + base64.encodeToString(storedKey) + ":" + base64.encodeToString(serverKey);
    }

    static ScramVerifier derive(Secret password, byte[] salt, int iterations) {
        try {
            char[] text = prepared(password.reveal()).toCharArray();
            byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(text, salt, iterations, 256))
                    .getEncoded();
            byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(hmac(salted, "Client Key"));
            return new ScramVerifier(iterations, salt, storedKey, hmac(salted, "Server Key"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no HMAC-SHA-256", e);
        }
    }

    /** Prepares a password as clients do: SASLprep, RFC 4013, section 2. Prohibited characters are kept. */
    private static String prepared(String password) {
        String spaced = SPACES.matcher(password).replaceAll(" ");
        return Normalizer.normalize(NOTHING.matcher(spaced).replaceAll(""), Normalizer.Form.NFKC);
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public String toString() {
        return "SCRAM-SHA-256$" + iterations + ":***";
    }
}

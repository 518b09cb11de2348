package org.pgsteward.backup.copy;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The passwords in an rclone.conf. rclone encrypts them with a published key, so that nobody reads them over a shoulder. They
 * are revealed here to find them in messages. Pure.
 */
final class RcloneObscure {
    /** The key in the source of rclone, the same in all versions. It protects nothing. */
    private static final byte[] PUBLISHED_KEY =
            HexFormat.of().parseHex("9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638");

    private static final int BLOCK = 16;

    private RcloneObscure() {}

    /** Returns the password; empty if the value is not an obscured one. */
    static Optional<String> reveal(String value) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(value);
            if (bytes.length <= BLOCK) {
                return Optional.empty();
            }
            Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    new SecretKeySpec(PUBLISHED_KEY, "AES"),
                    new IvParameterSpec(Arrays.copyOf(bytes, BLOCK)));
            byte[] plain = cipher.doFinal(bytes, BLOCK, bytes.length - BLOCK);
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(plain))
                    .toString());
        } catch (IllegalArgumentException | CharacterCodingException notObscured) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no AES", e);
        }
    }
}

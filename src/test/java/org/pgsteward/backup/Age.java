package org.pgsteward.backup;

import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.NoSuchAlgorithmException;

/** A key pair for tests. The program of the same name encrypts and decrypts files with it. */
public record Age(String recipient, String identity) {
    /** Returns a new key pair. */
    public static Age keys() {
        try {
            KeyPair pair = new X25519KeyPairGenerator().generateKeyPair();
            return new Age(
                    text(pair.getPublic().getEncoded()), text(pair.getPrivate().getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(byte[] encoded) {
        return new String(encoded, StandardCharsets.US_ASCII);
    }

    public static boolean isInstalled() {
        try {
            return new ProcessBuilder("age", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

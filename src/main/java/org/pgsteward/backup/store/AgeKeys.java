package org.pgsteward.backup.store;

import com.exceptionfactory.jagged.PayloadException;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pgsteward.model.Secret;

/**
 * The keys that encrypt and decrypt backups: recipients and identities of the program {@code age}. The file format is
 * that of {@code age} in both directions.
 *
 * <p>A key that does not match stops the start, since otherwise an undecryptable backup would be noticed only on the
 * day it is needed. So a small text is encrypted before any backup, and decrypted if the identity is present. This
 * class never makes a key.
 */
public final class AgeKeys {
    /** No keys: backups are not encrypted. */
    public static final AgeKeys NONE = new AgeKeys(List.of(), List.of());

    private static final String RECIPIENTS = "pgsteward.backup.recipients";
    private static final String IDENTITY = "pgsteward.backup.identity";
    private static final String SECRET_KEY = "AGE-SECRET-KEY-";
    private static final byte[] CANARY = "pgsteward".getBytes(StandardCharsets.US_ASCII);

    private final List<String> recipients;
    private final List<Secret> identities;

    private AgeKeys(List<String> recipients, List<Secret> identities) {
        this.recipients = recipients;
        this.identities = identities;
    }

    /**
     * Checks the keys and returns them.
     *
     * @param recipients public keys, {@code age1...}; none for unencrypted backups
     * @param identity secret keys, {@code AGE-SECRET-KEY-1...}, one a line, as in the output of {@code age-keygen}
     * @throws IllegalArgumentException if a key is invalid, or the identity cannot decrypt the recipients' files; its
     *     message is one line without the identity
     */
    public static AgeKeys of(Collection<String> recipients, Optional<Secret> identity) {
        AgeKeys keys = new AgeKeys(recipients.stream().sorted().toList(), lines(identity));
        keys.writers();
        keys.readers();
        if (keys.encrypts()) {
            byte[] canary = keys.encryptedCanary();
            if (keys.opens() && !keys.canOpen(canary)) {
                throw new IllegalArgumentException(
                        IDENTITY + " decrypts no backup that is encrypted for " + RECIPIENTS + " ("
                                + String.join(", ", keys.recipients)
                                + "); set the identity of one of these recipients, or no identity on a host that only makes"
                                + " backups");
            }
        }
        return keys;
    }

    /** Returns whether backups are encrypted. */
    public boolean encrypts() {
        return !recipients.isEmpty();
    }

    /** Returns whether an identity for decryption is present. */
    public boolean opens() {
        return !identities.isEmpty();
    }

    /** Returns the public keys. */
    public List<String> recipients() {
        return recipients;
    }

    /**
     * Returns the content of {@code plain}, encrypted to the recipients.
     *
     * @throws IOException if this Java runtime cannot encrypt
     */
    public InputStream encrypted(InputStream plain) throws IOException {
        return new EncryptedStream(plain, this);
    }

    /** Returns a channel that writes encrypted data to {@code target} and also closes it. */
    WritableByteChannel encrypting(WritableByteChannel target) throws IOException {
        try {
            return new StandardEncryptingChannelFactory().newEncryptingChannel(target, writers());
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot encrypt with this Java runtime: " + e.getMessage(), e);
        }
    }

    /**
     * Returns the decrypted content.
     *
     * @throws NotForUs if it is encrypted to other keys
     * @throws IOException if it is damaged
     */
    InputStream opening(InputStream encrypted) throws IOException {
        try {
            return Channels.newInputStream(
                    new StandardDecryptingChannelFactory().newDecryptingChannel(new FullReads(encrypted), readers()));
        } catch (UnsupportedRecipientStanzaException e) {
            throw new NotForUs(e);
        } catch (GeneralSecurityException | PayloadException | RuntimeException e) {
            throw new IOException("the stored file is damaged: cannot read its age header: " + e.getMessage(), e);
        }
    }

    /** The failure to decrypt a file that is encrypted to other keys. A damaged file can look the same. */
    public static final class NotForUs extends IOException {
        private static final long serialVersionUID = 1L;

        /** The reason why a backup that is encrypted to other keys cannot be verified. */
        public static final String REASON = "it is encrypted for a key that " + IDENTITY + " does not contain";

        NotForUs(Throwable cause) {
            super(REASON, cause);
        }
    }

    private byte[] encryptedCanary() {
        ByteArrayOutputStream encrypted = new ByteArrayOutputStream();
        try (WritableByteChannel encrypting = encrypting(Channels.newChannel(encrypted))) {
            encrypting.write(ByteBuffer.wrap(CANARY));
        } catch (IOException e) {
            throw new IllegalArgumentException(RECIPIENTS + ": " + e.getMessage(), e);
        }
        return encrypted.toByteArray();
    }

    private boolean canOpen(byte[] canary) {
        try (InputStream opened = opening(new ByteArrayInputStream(canary))) {
            return Arrays.equals(opened.readAllBytes(), CANARY);
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns new writers for each stream, since the library does not document that streams may share them. */
    private List<RecipientStanzaWriter> writers() {
        List<RecipientStanzaWriter> writers = new ArrayList<>();
        for (String recipient : recipients) {
            if (recipient.toUpperCase(Locale.ROOT).startsWith(SECRET_KEY)) {
                throw new IllegalArgumentException(RECIPIENTS + " contains a secret key; write the public key there,"
                        + " age1..., and the secret key into " + IDENTITY);
            }
            try {
                writers.add(X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(recipient));
            } catch (GeneralSecurityException | RuntimeException e) {
                throw new IllegalArgumentException(
                        RECIPIENTS + " contains '" + recipient
                                + "', which is not a public key of age (age1..., from age-keygen)",
                        e);
            }
        }
        return writers;
    }

    private List<RecipientStanzaReader> readers() {
        List<RecipientStanzaReader> readers = new ArrayList<>();
        for (Secret identity : identities) {
            try {
                readers.add(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(identity.reveal()));
            } catch (GeneralSecurityException | RuntimeException e) {
                // Omits the cause, which may quote the key.
                throw notAnIdentity();
            }
        }
        return readers;
    }

    /** Returns the lines of an identity file that are keys. */
    private static List<Secret> lines(Optional<Secret> identity) {
        if (identity.isEmpty()) {
            return List.of();
        }
        List<Secret> keys = identity.get()
                .reveal()
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(Secret::new)
                .toList();
        if (keys.isEmpty()) {
            throw notAnIdentity();
        }
        return keys;
    }

    private static IllegalArgumentException notAnIdentity() {
        return new IllegalArgumentException(
                IDENTITY + " is not an age identity; write AGE-SECRET-KEY-1... there, as age-keygen prints it");
    }

    /** Fills the buffer on each read, since the library takes a short read for the end of the file. */
    private record FullReads(InputStream source) implements ReadableByteChannel {
        @Override
        public int read(ByteBuffer target) throws IOException {
            int read = source.readNBytes(target.array(), target.arrayOffset() + target.position(), target.remaining());
            target.position(target.position() + read);
            return read == 0 && target.hasRemaining() ? -1 : read;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() throws IOException {
            source.close();
        }
    }
}

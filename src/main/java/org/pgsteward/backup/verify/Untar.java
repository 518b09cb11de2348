package org.pgsteward.backup.verify;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * A stream that unpacks the base backup that is written to it.
 *
 * <p>An attacker may have replaced a stored file. So this class accepts only folders and plain files: no links,
 * devices, absolute names or {@code ..}. It overwrites no file and writes only inside the folder.
 *
 * <p>Source: POSIX.1-2017 pax, "ustar Interchange Format". Sizes from 8 GiB on are in base 256, as PostgreSQL and GNU
 * tar write them.
 */
final class Untar extends OutputStream {
    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final int SIZE = 124;
    private static final int SIZE_LENGTH = 12;
    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_LENGTH = 8;
    private static final int TYPE = 156;

    private final Path folder;
    private final UnprivilegedUser owner;
    private long left;
    private final byte[] header = new byte[BLOCK];
    private int headerFilled;
    private FileChannel file;
    private long ofFile;
    private long padding;
    private boolean open;
    private int emptyBlocks;

    /**
     * @param folder an empty folder
     * @param owner the user who will own the files
     * @param most the limit of the archive in bytes
     */
    @SuppressWarnings("NullAway.Init") // the channel is set while a file is open
    Untar(Path folder, UnprivilegedUser owner, long most) {
        this.folder = folder;
        this.owner = owner;
        this.left = most;
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        left -= length;
        if (left < 0) {
            throw new IOException("the archive is longer than when it was stored");
        }
        int at = offset;
        int end = offset + length;
        while (at < end) {
            if (ofFile > 0) {
                int count = (int) Math.min(ofFile, end - at);
                store(bytes, at, count);
                at += count;
            } else if (padding > 0) {
                int count = (int) Math.min(padding, end - at);
                padding -= count;
                at += count;
            } else {
                int count = Math.min(BLOCK - headerFilled, end - at);
                System.arraycopy(bytes, at, header, headerFilled, count);
                headerFilled += count;
                at += count;
                if (headerFilled == BLOCK) {
                    headerFilled = 0;
                    entry();
                }
            }
        }
    }

    /** @throws IOException if the end of the archive is missing */
    @Override
    public void close() throws IOException {
        letGo();
        if (emptyBlocks < 2) {
            throw new IOException("the archive is truncated");
        }
    }

    /** Closes the file that is being written. It reports no error, because it also serves after a failure. */
    void letGo() {
        if (open) {
            open = false;
            try {
                file.close();
            } catch (IOException e) {
                // The caller removes the file.
                return;
            }
        }
    }

    private void store(byte[] bytes, int offset, int count) throws IOException {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, count);
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
        } catch (IOException e) {
            throw new CannotTell("cannot unpack the archive into " + folder + ": " + e.getMessage(), e);
        }
        ofFile -= count;
        if (ofFile == 0) {
            finish();
        }
    }

    private void finish() throws IOException {
        open = false;
        file.close();
    }

    private void entry() throws IOException {
        if (isEmpty(header)) {
            emptyBlocks++;
            return;
        }
        if (emptyBlocks > 0 || !sumIsRight()) {
            throw new IOException("not a tar archive: corrupt header");
        }
        String name = text(0, NAME);
        char type = (char) header[TYPE];
        Path target = inside(name);
        switch (type) {
            case '0', '\0' -> begin(target, number(SIZE, SIZE_LENGTH));
            case '5' -> owner.own(target);
            default ->
                throw new IOException(
                        "the archive has '" + name + "', which is neither a file nor a folder (type " + type + ")");
        }
    }

    private void begin(Path target, long size) throws IOException {
        if (size < 0) {
            throw new IOException("not a tar archive: a file has " + size + " bytes");
        }
        try {
            file = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            throw new IOException("the archive has '" + folder.relativize(target) + "' twice, or before its folder", e);
        } catch (IOException e) {
            throw new CannotTell("cannot unpack the archive into " + folder + ": " + e, e);
        }
        open = true;
        owner.give(target);
        ofFile = size;
        padding = (BLOCK - size % BLOCK) % BLOCK;
        if (size == 0) {
            finish();
        }
    }

    private Path inside(String name) throws IOException {
        boolean climbs = Arrays.asList(name.split("/", -1)).contains("..");
        if (name.isEmpty() || name.startsWith("/") || climbs) {
            throw new IOException("the archive has '" + name + "', which is outside its folder");
        }
        try {
            return folder.resolve(name).normalize();
        } catch (InvalidPathException e) {
            throw new IOException("the archive has '" + name + "', which is not a valid file name", e);
        }
    }

    private static boolean isEmpty(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean sumIsRight() throws IOException {
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            boolean ofTheSumItself = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_LENGTH;
            sum += ofTheSumItself ? ' ' : header[i] & 0xff;
        }
        return sum == number(CHECKSUM, CHECKSUM_LENGTH);
    }

    private String text(int offset, int length) {
        int end = offset;
        while (end < offset + length && header[end] != 0) {
            end++;
        }
        return new String(header, offset, end - offset, StandardCharsets.UTF_8);
    }

    private long number(int offset, int length) throws IOException {
        if ((header[offset] & 0x80) != 0) {
            long value = header[offset] & 0x7f;
            for (int i = offset + 1; i < offset + length; i++) {
                // Overflow gives a negative or a small size. Only a forged or damaged archive has such a size.
                value = value << 8 | (header[i] & 0xff);
            }
            return value;
        }
        String digits = text(offset, length).strip();
        try {
            return Long.parseLong(digits, 8);
        } catch (NumberFormatException e) {
            throw new IOException("not a tar archive: '" + digits + "' is not a number", e);
        }
    }
}

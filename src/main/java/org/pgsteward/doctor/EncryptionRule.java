package org.pgsteward.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.model.CommandPrefix;

/**
 * Whether folders lie on encrypted devices. The kernel shows the encryption of the device mapper (LUKS and others). It
 * does not show that of ZFS, of a disk itself, or of a hypervisor, so a folder is never called unencrypted.
 */
final class EncryptionRule {
    /** The device mapper has other kinds of this prefix, such as {@code CRYPT-VERITY}, which encrypt nothing. */
    private static final Pattern ENCRYPTED =
            Pattern.compile("CRYPT-(LUKS1|LUKS2|PLAIN|LOOPAES|TCRYPT|BITLK|FVAULT2)-.*");

    private static final Set<String> ENCRYPTED_FILES = Set.of("ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs");

    private EncryptionRule() {}

    /** Visibility of an encryption. */
    enum State {
        ENCRYPTED("encrypted"),
        PARTLY("partly encrypted"),
        NOT_VISIBLE("not visible");

        private final String words;

        State(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /** Returns the finding about one folder. */
    static Encryption judge(Storage storage) {
        if (storage.devices().isEmpty()) {
            boolean encrypted = ENCRYPTED_FILES.contains(storage.fileSystem());
            return of(storage, encrypted ? State.ENCRYPTED : State.NOT_VISIBLE, withoutDevice(storage));
        }
        List<String> encrypted = new ArrayList<>();
        List<Storage.Device> plain = new ArrayList<>();
        storage.devices().forEach(device -> sort(device, encrypted, plain));
        if (plain.isEmpty()) {
            return of(storage, State.ENCRYPTED, String.join(", ", encrypted));
        }
        if (!encrypted.isEmpty()) {
            return of(
                    storage,
                    State.PARTLY,
                    String.join(", ", encrypted) + "; not on "
                            + plain.stream()
                                    .map(Storage.Device::name)
                                    .collect(java.util.stream.Collectors.joining(", ")));
        }
        Storage.Device first = plain.get(0);
        return of(storage, State.NOT_VISIBLE, first.file().isEmpty() ? onDisk(first) : inFile(first));
    }

    /** Returns the finding about a folder whose storage this process cannot see. */
    static Encryption unseen(String holds, String folder, String why) {
        return new Encryption(holds, folder, State.NOT_VISIBLE.words(), why);
    }

    /** Sorts the lowest devices that matter: encrypted ones, and those with nothing below. */
    private static void sort(Storage.Device device, List<String> encrypted, List<Storage.Device> plain) {
        Matcher matcher = ENCRYPTED.matcher(device.uuid());
        if (matcher.matches()) {
            String words = matcher.group(1) + " on " + (device.label().isEmpty() ? device.name() : device.label());
            if (!encrypted.contains(words)) {
                encrypted.add(words);
            }
        } else if (device.below().isEmpty()) {
            plain.add(device);
        } else {
            device.below().forEach(lower -> sort(lower, encrypted, plain));
        }
    }

    private static String onDisk(Storage.Device disk) {
        return "on " + disk.name() + " without a device of LUKS; the disk itself or a hypervisor may encrypt it";
    }

    private static String inFile(Storage.Device loop) {
        return "in the file " + loop.file() + "; for its device, on the host: findmnt -T "
                + CommandPrefix.word(loop.file());
    }

    private static String withoutDevice(Storage storage) {
        String type = storage.fileSystem();
        if (ENCRYPTED_FILES.contains(type)) {
            return type;
        }
        return switch (type) {
            case "" -> "no mount has this folder";
            case "tmpfs", "ramfs" -> "in memory (" + type + "); tmpfs also uses the swap of the host";
            case "zfs" ->
                "on ZFS, which does not show it here; on the host: zfs get encryption "
                        + CommandPrefix.word(storage.source());
            case "overlay" -> "in the container's own layer, whose disk only the host shows";
            case "nfs", "nfs4", "cifs", "smb3", "ceph" -> "on another machine (" + type + ")";
            default -> "on a file system that names no device (" + type + ")";
        };
    }

    private static Encryption of(Storage storage, State state, String detail) {
        return new Encryption(storage.holds(), storage.folder(), state.words(), detail);
    }
}

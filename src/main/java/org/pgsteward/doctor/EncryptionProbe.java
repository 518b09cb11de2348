package org.pgsteward.doctor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pgsteward.monitor.DiskProbe;

/** Probe whether pgsteward's folders and PostgreSQL's data lie on encrypted devices. */
final class EncryptionProbe {
    private EncryptionProbe() {}

    /**
     * Returns a finding for each folder.
     *
     * @param folders by their content; a missing folder counts as the one in which it will be made
     */
    static List<Encryption> probe(Map<String, Path> folders) {
        StorageReading reading = new StorageReading(Path.of("/"));
        List<Encryption> found = new ArrayList<>();
        folders.forEach((holds, folder) -> {
            try {
                Path real = DiskProbe.existing(folder).toRealPath();
                found.add(EncryptionRule.judge(reading.read(holds, real)));
            } catch (IOException refused) {
                found.add(EncryptionRule.unseen(
                        holds, folder.toString(), "the kernel's list was not readable: " + refused));
            }
        });
        if (!folders.containsKey(DiskProbe.POSTGRES_DATA)) {
            found.add(EncryptionRule.unseen(
                    DiskProbe.POSTGRES_DATA, "", "PGSTEWARD_POSTGRES_DATA_DIR does not name its folder"));
        }
        return found;
    }
}

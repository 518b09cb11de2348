package org.pgsteward.doctor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;

/** Advice about targets whose copies leave this host without encryption. */
final class CopyAdvice {
    private CopyAdvice() {}

    /** @param exposed a sentence about each such target, by its name */
    static List<Diagnosis> unencrypted(Map<String, String> exposed) {
        return exposed.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(target -> new Diagnosis(
                        Diagnosis.Symptom.NOT_ENCRYPTED,
                        Severity.WARNING,
                        target.getKey(),
                        target.getValue(),
                        "age-keygen -o identity.txt   # keep a copy of this file on paper or another machine\n"
                                + "# set PGSTEWARD_BACKUP_RECIPIENTS to its public key, and PGSTEWARD_BACKUP_IDENTITY_FILE to the"
                                + " file; or use restic, or a remote of type crypt"))
                .toList();
    }
}

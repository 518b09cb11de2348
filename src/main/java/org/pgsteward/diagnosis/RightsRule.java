package org.pgsteward.diagnosis;

import static org.pgsteward.diagnosis.Diagnosis.Symptom.CONNECTION_REFUSED;
import static org.pgsteward.diagnosis.Diagnosis.Symptom.PERMISSION_DENIED;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.model.Severity;

/** What provisioning would do or has refused, as causes: what is missing is what is denied. */
final class RightsRule {
    private RightsRule() {}

    /**
     * One diagnosis for each subject.
     *
     * @param plan what would be done and why
     * @param enrolled services that have their database by us
     * @param told services whose login was refused: the same command puts right what is said of them there
     */
    static List<Diagnosis> judge(Doctor.Plan plan, Set<String> enrolled, Set<String> told) {
        List<Diagnosis> diagnoses = new ArrayList<>();
        together(plan.refused())
                .forEach((subject, reasons) -> diagnoses.add(new Diagnosis(
                        CONNECTION_REFUSED,
                        Severity.WARNING,
                        subject,
                        "it is not given what it asks for: " + String.join("; ", reasons),
                        "pgsteward provision --plan " + LoginRule.word(subject)
                                + "\ndocker inspect --format '{{json .Config.Labels}}' " + LoginRule.word(subject))));
        together(plan.steps()).forEach((subject, reasons) -> {
            boolean asks =
                    plan.wishes().stream().anyMatch(wish -> wish.subject().equals(subject));
            if (told.contains(subject)) {
                return;
            }
            boolean begins = asks && !enrolled.contains(subject);
            String all = String.join("; ", reasons);
            diagnoses.add(new Diagnosis(
                    begins ? CONNECTION_REFUSED : PERMISSION_DENIED,
                    Severity.WARNING,
                    subject,
                    begins ? "it is not enrolled yet: " + all : all,
                    "pgsteward provision" + (asks ? " " + LoginRule.word(subject) : "")
                            + "   # puts it right; the daemon does so every five minutes"));
        });
        return diagnoses;
    }

    private static Map<String, List<String>> together(List<Doctor.Plan.Line> lines) {
        Map<String, List<String>> bySubject = new LinkedHashMap<>();
        lines.forEach(line -> bySubject
                .computeIfAbsent(line.subject(), first -> new ArrayList<>())
                .add(line.text()));
        return bySubject;
    }
}

package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Outcome;

@Tag("fast")
class ProvisionReportTest {
    private static final Enrolment ENROLLED = new Enrolment(
            "app", "app", "app", "app", "0123456789ab", "app:1", "sha256:1", Instant.parse("2026-03-01T03:00:00Z"));

    @ParameterizedTest(name = "{6}")
    @CsvSource(
            delimiter = '|',
            value = {
                "DONE    | false | true  | true  | done      | SET      | created, with its password",
                "DONE    | false | true  | false | done      | UNKNOWN  | changed, password not checked",
                "SKIPPED | false | true  | false | unchanged | IN_FORCE | no drift, password in force",
                "SKIPPED | false | true  | true  | unchanged | SET      | only the password was set",
                "SKIPPED | false | false | false | unchanged | UNKNOWN  | container requests no database",
                "FAILED  | true  | false | false | refused   | UNKNOWN  | claim refused",
                "FAILED  | false | false | false | failed    | UNKNOWN  | PostgreSQL was unavailable",
                "FAILED  | false | true  | true  | failed    | SET      | failed after the password was set"
            })
    void lineStatesTheResultOfAService(
            String outcome,
            boolean refused,
            boolean enrolled,
            boolean passwordSet,
            String state,
            ProvisionReport.Password password,
            String sentence) {
        ProvisionReport.Line line = ProvisionReport.Line.of(new ClaimResult(
                outcome(outcome, sentence),
                "app",
                true,
                refused ? Optional.of(new Provisioner.Refusal("", false)) : Optional.empty(),
                List.of(),
                enrolled ? Optional.of(ENROLLED) : Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                passwordSet,
                Optional.empty(),
                List.of()));

        assertThat(line).isEqualTo(new ProvisionReport.Line("app", state, sentence, password));
        assertThat(line.refused()).isEqualTo(state.equals("refused"));
        assertThat(line.failed()).as("the command exits with 1").isEqualTo(outcome.equals("FAILED"));
    }

    private static Outcome outcome(String kind, String reason) {
        return switch (kind) {
            case "DONE" -> new Outcome.Done(reason);
            case "SKIPPED" -> new Outcome.Skipped(reason);
            default -> new Outcome.Failed(reason);
        };
    }
}

package org.pgsteward.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.config.EngineConfig;
import org.pgsteward.config.Settings;
import org.pgsteward.doctor.Encryption;
import org.pgsteward.doctor.Examination;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.provision.Provisioner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Command {@code doctor}: finds faults with their causes and remedies. */
@Command(
        name = "doctor",
        description = {
            "Find faults, with causes and remedies: refused services, missing privileges, resources near their limits.",
            "Read-only. Works while PostgreSQL or the Docker Engine is unavailable.",
            "Exit code 0 if all findings are for information only, 1 otherwise."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward doctor",
            "  pgsteward doctor --json | jq -r '.diagnoses[] | .service + \": \" + .cause'"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        PrintWriter out = spec.commandLine().getOut();
        try (DockerEngine engine = DockerEngine.forCommand(wiring.settings.value(EngineConfig.HOST));
                Provisioner provisioner = wiring.provisioner()) {
            Examination.Report report = Waiting.during(
                    spec.commandLine().getErr(), () -> "checking", wiring.doctor(engine, provisioner)::examine);
            if (json) {
                out.println(wiring.json.writeValueAsString(document(report, wiring)));
            } else {
                print(report, Colours.ofStandardOutput(), out);
            }
            return report.isWell() ? 0 : 1;
        }
    }

    private static void print(Examination.Report report, Colours colours, PrintWriter out) {
        long wrong = report.diagnoses().stream().filter(Diagnosis::isTrouble).count();
        out.println(
                wrong > 0
                        ? colours.bold(colours.critical(wrong == 1 ? "1 fault found." : wrong + " faults found."))
                        : colours.fine(
                                report.diagnoses().isEmpty()
                                        ? "No faults found."
                                        : "No faults found; for information:"));
        for (Diagnosis diagnosis : report.diagnoses()) {
            out.println();
            out.println(colours.of(diagnosis.severity(), diagnosis.severity().word()) + ", "
                    + diagnosis.symptom().words() + ": " + OneLine.of(diagnosis.service(), 120));
            out.println("  " + OneLine.of(diagnosis.cause(), 1000));
            diagnosis.remedy().lines().forEach(line -> out.println("    " + OneLine.indented(line, 600)));
        }
        if (!report.notLookedAt().isEmpty()) {
            out.println();
            out.println(colours.faint("not checked:"));
            report.notLookedAt().forEach(what -> out.println("  " + OneLine.of(what, 1000)));
        }
        print(report.encryption(), colours, out);
    }

    /** Prints one line for all folders with the same finding. */
    private static void print(List<Encryption> encryption, Colours colours, PrintWriter out) {
        Map<String, List<String>> folders = new LinkedHashMap<>();
        encryption.forEach(
                one -> folders.computeIfAbsent(one.state() + ", " + one.detail(), finding -> new ArrayList<>())
                        .add(one.holds()));
        if (!folders.isEmpty()) {
            out.println();
            out.println(colours.faint("encryption of devices (src/docs/how-to/encrypt-the-data-volume.md):"));
            folders.forEach(
                    (finding, holds) -> out.println("  " + String.join(", ", holds) + ": " + OneLine.of(finding, 400)));
        }
    }

    private static Map<String, Object> document(Examination.Report report, Wiring wiring) {
        List<Map<String, Object>> diagnoses = new ArrayList<>();
        for (Diagnosis diagnosis : report.diagnoses()) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("symptom", diagnosis.symptom().words());
            line.put("severity", diagnosis.severity().word());
            line.put("service", diagnosis.service());
            line.put("cause", diagnosis.cause());
            line.put("remedy", diagnosis.remedy());
            diagnoses.add(line);
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("well", report.isWell());
        document.put("at", wiring.clock.instant().toString());
        document.put("diagnoses", diagnoses);
        document.put("not_looked_at", report.notLookedAt());
        document.put(
                "encryption",
                report.encryption().stream().map(DoctorCommand::line).toList());
        return document;
    }

    private static Map<String, Object> line(Encryption found) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("holds", found.holds());
        line.put("folder", found.folder());
        line.put("state", found.state());
        line.put("detail", found.detail());
        return line;
    }
}

package org.pgsteward;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The house rules: which room may import which. The README has them in words. */
@AnalyzeClasses(packages = "org.pgsteward", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
    private static final String HOUSE = "org.pgsteward.";

    @ArchTest
    static final ArchRule modelKnowsOnlyPlainJava = classes()
            .that()
            .resideInAPackage(HOUSE + "model..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", HOUSE + "model..", "org.jspecify..");

    @ArchTest
    static final ArchRule theEngineRoomKnowsTheModelAndDocker = noClasses()
            .that()
            .resideInAPackage(HOUSE + "engine..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    HOUSE + "postgres..",
                    HOUSE + "provision..",
                    HOUSE + "backup..",
                    HOUSE + "monitor..",
                    HOUSE + "alert..",
                    HOUSE + "journal..",
                    HOUSE + "diagnosis..",
                    HOUSE + "routing..",
                    HOUSE + "cli..");

    @ArchTest
    static final ArchRule thePostgresRoomKnowsTheModelAndJdbc = classes()
            .that()
            .resideInAPackage(HOUSE + "postgres..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..", "javax..", HOUSE + "model..", HOUSE + "postgres..", "org.jspecify..", "org.postgresql..");

    @ArchTest
    static final ArchRule onlyRoutingKnowsCamel = noClasses()
            .that()
            .resideOutsideOfPackages(HOUSE + "routing..", "org.pgsteward")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.camel..");

    @ArchTest
    static final ArchRule provisionKnowsNoOtherRoom = roomAlone("provision");

    @ArchTest
    static final ArchRule backupKnowsNoOtherRoom = roomAlone("backup");

    @ArchTest
    static final ArchRule monitorKnowsNoOtherRoom = roomAlone("monitor");

    @ArchTest
    static final ArchRule alertKnowsNoOtherRoom = roomAlone("alert");

    @ArchTest
    static final ArchRule journalKnowsNoOtherRoom = roomAlone("journal");

    @ArchTest
    static final ArchRule diagnosisKnowsNoOtherRoom = roomAlone("diagnosis");

    @ArchTest
    static final ArchRule routingKnowsNoCommands = noClasses()
            .that()
            .resideInAPackage(HOUSE + "routing..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(HOUSE + "cli..", "org.pgsteward");

    @ArchTest
    static final ArchRule plansAndRulesArePure = noClasses()
            .that()
            .haveSimpleNameEndingWith("Plan")
            .or()
            .haveSimpleNameEndingWith("Policy")
            .or()
            .haveSimpleNameEndingWith("Rule")
            .and()
            .resideOutsideOfPackage(HOUSE + "postgres..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.io..", "java.nio.file..", "java.sql..", "org.slf4j..", "java.net..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.time.Clock");

    private static ArchRule roomAlone(String room) {
        return noClasses()
                .that()
                .resideInAPackage(HOUSE + room + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(java.util.stream.Stream.of(
                                "provision", "backup", "monitor", "alert", "journal", "diagnosis", "routing", "cli")
                        .filter(other -> !other.equals(room))
                        .map(other -> HOUSE + other + "..")
                        .toArray(String[]::new));
    }
}

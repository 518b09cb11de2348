package org.pgsteward;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/**
 * The layers. A package imports packages of lower layers, and never one of its own layer:
 *
 * <pre>
 *   model &lt;- io &lt;- engine, postgres &lt;- journal &lt;- alert &lt;- containers
 *         &lt;- backup, provision, monitor &lt;- doctor, overview &lt;- config &lt;- web, camel &lt;- app &lt;- cli
 * </pre>
 *
 * <p>Within {@code backup}:
 *
 * <pre>
 *   underway &lt;- schedule &lt;- store &lt;- restore, retention &lt;- verify &lt;- dump, copy &lt;- backup itself
 * </pre>
 *
 * <p>A verification restores, and an encrypted dump is verified while it is made.
 *
 * <p>Containers are below provisioning and monitoring, since both act on known containers. Settings are above the
 * capabilities: a setting is converted into an object of its capability, such as a retention policy, and no capability
 * reads a setting by itself.
 */
@Tag("fast")
@AnalyzeClasses(packages = "org.pgsteward", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
    private static final String HOUSE = "org.pgsteward.";

    private static final Pattern IMPORT = Pattern.compile("(?m)^import (?:static )?org\\.pgsteward\\.(\\w+)\\.");

    /** The layers from the bottom to the top. The packages of one layer do not import one another. */
    private static final List<List<String>> LAYERS = List.of(
            List.of("model"),
            List.of("io"),
            List.of("engine", "postgres"),
            List.of("journal"),
            List.of("alert"),
            List.of("containers"),
            List.of("backup", "provision", "monitor"),
            List.of("doctor", "overview"),
            List.of("config"),
            List.of("web", "camel"),
            List.of("app"),
            List.of("cli"));

    /**
     * The packages within {@code backup}, from the bottom to the top. The use cases in {@code backup} itself join them.
     */
    private static final List<List<String>> BACKUP = List.of(
            List.of("underway"),
            List.of("schedule"),
            List.of("store"),
            List.of("restore", "retention"),
            List.of("verify"),
            List.of("dump", "copy"),
            List.of(""));

    @ArchTest
    static final ArchRule packagesImportDownwards = layers("org.pgsteward..", HOUSE, LAYERS);

    @ArchTest
    static final ArchRule packagesOfBackupImportDownwards = layers("org.pgsteward.backup..", HOUSE + "backup.", BACKUP);

    /**
     * Builds the rule for these layers.
     *
     * @param layers from the bottom to the top; the empty name is the package {@code root} itself
     */
    private static LayeredArchitecture layers(String all, String root, List<List<String>> layers) {
        LayeredArchitecture house = layeredArchitecture().consideringOnlyDependenciesInAnyPackage(all);
        for (String name : layers.stream().flatMap(List::stream).toList()) {
            house = house.layer(layer(name))
                    .definedBy(name.isEmpty() ? root.substring(0, root.length() - 1) : root + name + "..");
        }
        for (int i = 0; i < layers.size(); i++) {
            String[] above = layers.subList(i + 1, layers.size()).stream()
                    .flatMap(List::stream)
                    .map(HouseTest::layer)
                    .toArray(String[]::new);
            for (String name : layers.get(i)) {
                house = above.length == 0
                        ? house
                        : house.whereLayer(layer(name)).mayOnlyBeAccessedByLayers(above);
            }
        }
        return house;
    }

    private static String layer(String name) {
        return name.isEmpty() ? "use cases" : name;
    }

    @ArchTest
    static final ArchRule modelUsesPlainJavaOnly = classes()
            .that()
            .resideInAPackage(HOUSE + "model..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", HOUSE + "model..", "org.jspecify..");

    @ArchTest
    static final ArchRule postgresUsesJdbcAndLogsNothing = classes()
            .that()
            .resideInAPackage(HOUSE + "postgres..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "javax..",
                    HOUSE + "model..",
                    HOUSE + "io..",
                    HOUSE + "postgres..",
                    "org.jspecify..",
                    "org.postgresql..");

    @ArchTest
    static final ArchRule onlyTheCamelPackageKnowsCamel = noClasses()
            .that()
            .resideOutsideOfPackage(HOUSE + "camel..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.camel..");

    /** Checks the sources as well, because the compiler leaves no trace of a constant from another class. */
    @ArchTest
    static void sourcesImportDownwards(JavaClasses classes) throws IOException {
        Map<String, Integer> height = new HashMap<>();
        for (int i = 0; i < LAYERS.size(); i++) {
            for (String name : LAYERS.get(i)) {
                height.put(name, i);
            }
        }
        Path sources = Path.of("src/main/java/org/pgsteward");
        try (Stream<Path> files = Files.walk(sources)) {
            List<Path> java =
                    files.filter(path -> path.toString().endsWith(".java")).toList();
            assertThat(java).hasSizeGreaterThan(500);
            for (Path file : java) {
                String own = sources.relativize(file).getName(0).toString();
                Matcher imported = IMPORT.matcher(Files.readString(file));
                while (height.containsKey(own) && imported.find()) {
                    String name = imported.group(1);
                    assertThat(name.equals(own) || height.getOrDefault(name, 0) < height.get(own))
                            .as("%s imports %s", file, name)
                            .isTrue();
                }
            }
        }
    }

    /** Checking route files needs no running daemon. */
    @ArchTest
    static final ArchRule checksOfRoutesKnowNothingOfEdits = noClasses()
            .that()
            .resideInAPackage(HOUSE + "camel.lint..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(HOUSE + "camel.edit..", HOUSE + "camel");

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
}

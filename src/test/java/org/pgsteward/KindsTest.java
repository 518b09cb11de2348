package org.pgsteward;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

/** Each test class has exactly one kind, which selects or skips it. pom.xml and CONTRIBUTING.md name the kinds. */
@Tag("fast")
class KindsTest {
    private static final Set<String> KINDS = Set.of("fast", "postgres", "engine", "soak");

    @Test
    void everyTestClassHasExactlyOneKind() {
        List<Class<?>> tests = tests("Test|IT");

        assertThat(tests).hasSizeGreaterThan(250);
        assertThat(tests)
                .allSatisfy(test -> assertThat(kinds(test)).as(test.getName()).hasSize(1));
    }

    @Test
    void testsWithoutAServerAreCalledTestAndTheOthersIt() {
        assertThat(tests("Test"))
                .allSatisfy(test -> assertThat(kinds(test)).as(test.getName()).containsExactly("fast"));
        assertThat(tests("IT"))
                .allSatisfy(test -> assertThat(kinds(test)).as(test.getName()).doesNotContain("fast"));
    }

    /** A name that does not fit into 60 characters describes more than one behaviour, and is cut off in reports. */
    @Test
    void noNameOfATestIsLongerThanSixtyCharacters() {
        assertThat(tests("Test|IT").stream()
                        .flatMap(test -> Stream.of(test.getDeclaredMethods()))
                        .filter(method -> AnnotationSupport.isAnnotated(method, Testable.class)))
                .hasSizeGreaterThan(1500)
                .extracting(Method::getName)
                .allMatch(name -> name.length() <= 60);
    }

    private static List<Class<?>> tests(String endings) {
        return ReflectionSupport.findAllClassesInPackage(
                "org.pgsteward", type -> true, name -> name.matches("[\\w.]+(" + endings + ")"));
    }

    private static Set<String> kinds(Class<?> test) {
        return AnnotationSupport.findRepeatableAnnotations(test, Tag.class).stream()
                .map(Tag::value)
                .filter(KINDS::contains)
                .collect(Collectors.toSet());
    }
}

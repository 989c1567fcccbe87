/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import java.io.File;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.Timer;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = Modules.classes();

    /** Which modules each module uses: all of them, and no others. Drawn in {@code docs/architecture.md}. */
    private static final Map<String, Set<String>> USED = Map.ofEntries(
            entry("http", Set.of("contract")),
            entry("messaging", Set.of("contract")),
            entry("host", Set.of("contract")),
            entry("docker", Set.of("contract", "host")),
            entry("worker", Set.of("contract", "docker", "host", "messaging")),
            entry("orchestrator", Set.of("contract", "http", "messaging", "profile")),
            entry("artifact-service", Set.of("contract", "docker", "host", "messaging", "profile", "worker")),
            entry("backup-service", Set.of("contract", "docker", "host", "messaging", "profile", "worker")),
            entry("swap-service", Set.of("contract", "docker", "host", "messaging", "profile", "worker")),
            entry("standalone", Set.of("contract")),
            entry("cli", Set.of("contract", "profile")),
            entry("demo", Set.of("cli", "contract", "standin")),
            entry("testbed", Set.of("standin")),
            entry("benchmarks", Set.of("contract", "messaging")));

    private static final Pattern ARROWS = Pattern.compile("(?m)^    ([\\w-]+) --> ([\\w-]+(?: & [\\w-]+)*)$");

    /** Whoever gets none of these, and makes no random number, does the same whenever and wherever it is called. */
    private static final DescribedPredicate<JavaClass> OUTSIDE_WORLD = resideInAnyPackage(
                    "io.quarkus..",
                    "io.smallrye..",
                    "jakarta..",
                    "java.net.http..",
                    "java.sql..",
                    "java.util.concurrent..",
                    "javax.sql..")
            .or(belongToAnyOf(
                    Clock.class,
                    DatagramSocket.class,
                    File.class,
                    FileChannel.class,
                    Files.class,
                    Process.class,
                    ProcessBuilder.class,
                    ProcessHandle.class,
                    Random.class,
                    Runtime.class,
                    ServerSocket.class,
                    Socket.class,
                    System.class,
                    Thread.class,
                    ThreadLocal.class,
                    Timer.class));

    /** Programs that somebody starts by hand, and tests, may ask the wall clock, which no test can set. */
    private static final DescribedPredicate<JavaClass> STARTED_BY_HAND = resideInAnyPackage(
            "dev.uplift.benchmarks..",
            "dev.uplift.cli..",
            "dev.uplift.demo..",
            "dev.uplift.standalone..",
            "dev.uplift.standin..",
            "dev.uplift.testbed..");

    @Test
    void theSagaTouchesNoClockNoInputOrOutputNoFrameworkAndNoThread() {
        classes()
                .that()
                .resideInAPackage("dev.uplift.orchestrator.saga")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                                "dev.uplift.orchestrator.saga",
                                "dev.uplift.contract",
                                "java.lang",
                                "java.lang.invoke",
                                "java.lang.runtime",
                                "java.util",
                                "java.util.function",
                                "java.util.stream",
                                "com.fasterxml.jackson.annotation",
                                "org.jspecify.annotations")
                        .or(belongToAnyOf(Duration.class)))
                .andShould()
                .onlyDependOnClassesThat(not(OUTSIDE_WORLD.or(belongToAnyOf(UUID.class))))
                .check(CLASSES);
    }

    /** But for {@code Profiles}, which reads the operator's own. */
    @Test
    void contractAndProfilesTouchNoClockNoInputOrOutputNoFrameworkAndNoThread() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.uplift.contract..", "dev.uplift.profile..")
                .and(not(belongTo("dev.uplift.profile.Profiles")))
                .should()
                .dependOnClassesThat(OUTSIDE_WORLD)
                .orShould()
                .callMethod(UUID.class, "randomUUID")
                .check(CLASSES);
    }

    @Test
    void modulesUseEachOtherAsTheTableSays() {
        Map<String, Set<String>> used = new TreeMap<>();
        Map<String, String> notDrawn = new TreeMap<>();
        for (JavaClass type : CLASSES) {
            String from = Modules.of(type.getName());
            Modules.usedBy(type).forEach(name -> {
                String to = Modules.of(name);
                if (!to.equals(from)) {
                    used.computeIfAbsent(from, _ -> new TreeSet<>()).add(to);
                    if (!USED.getOrDefault(from, Set.of()).contains(to)) {
                        notDrawn.putIfAbsent(from + " --> " + to, type.getName() + " uses " + name);
                    }
                }
            });
        }

        assertThat(notDrawn).isEmpty();
        assertThat(used).isEqualTo(USED);
    }

    @Test
    void theArrowsOfTheDocumentationAreThoseOfTheTable() {
        Map<String, Set<String>> drawn = ARROWS.matcher(Modules.text("docs/architecture.md"))
                .results()
                .collect(Collectors.toMap(
                        line -> line.group(1), line -> Set.of(line.group(2).split(" & ", -1))));

        assertThat(drawn).isEqualTo(USED);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.uplift.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /** Which of Hibernate's forms of them keeps a plan for each call is known there. */
    @Test
    void nativeQueriesAreMadeByTheDatabase() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.uplift.messaging.Database")
                .should()
                .callMethodWhere(target(name("createNativeQuery")))
                .check(CLASSES);
    }

    /** A file, a process or a command of an application is on its host, which need not be this machine. */
    @Test
    void theSwapServiceReachesFilesAndProcessesOnlyThroughTheirHost() {
        noClasses()
                .that()
                .resideInAPackage("dev.uplift.swap..")
                .should()
                .dependOnClassesThat(belongToAnyOf(
                        Files.class,
                        File.class,
                        FileChannel.class,
                        Process.class,
                        ProcessBuilder.class,
                        ProcessHandle.class))
                .check(CLASSES);
    }

    @Test
    void theTimeIsThatOfAClockThatTestsCanSet() {
        List<String> reads = CLASSES.stream()
                .filter(not(STARTED_BY_HAND))
                .flatMap(type -> Stream.<JavaCodeUnitAccess<?>>concat(
                        type.getMethodCallsFromSelf().stream(), type.getMethodReferencesFromSelf().stream()))
                .filter(ArchitectureTest::readsWallClock)
                .map(JavaCodeUnitAccess::getDescription)
                .toList();

        assertThat(reads).isEmpty();
    }

    private static boolean readsWallClock(JavaCodeUnitAccess<?> access) {
        JavaClass owner = access.getTargetOwner();
        return switch (access.getTarget().getName()) {
            case "now" ->
                owner.getPackageName().equals("java.time")
                        && access.getTarget().getRawParameterTypes().stream()
                                .noneMatch(type -> type.isEquivalentTo(Clock.class));
            case "currentTimeMillis" -> owner.isEquivalentTo(System.class);
            default -> false;
        };
    }

    private static DescribedPredicate<JavaClass> belongTo(String name) {
        return DescribedPredicate.describe(
                "belong to " + name,
                type -> type.getName().equals(name) || type.getName().startsWith(name + "$"));
    }
}

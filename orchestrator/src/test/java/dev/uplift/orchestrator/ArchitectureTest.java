package dev.uplift.orchestrator;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.uplift.orchestrator");

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
                .onlyDependOnClassesThat(not(belongToAnyOf(
                        System.class,
                        Thread.class,
                        ThreadLocal.class,
                        Process.class,
                        ProcessBuilder.class,
                        Runtime.class,
                        Random.class,
                        UUID.class,
                        java.util.Timer.class)))
                .check(CLASSES);
    }

    @Test
    void theOrchestratorKnowsOnlyTheSharedModules() {
        noClasses()
                .that()
                .resideInAPackage("dev.uplift.orchestrator..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.uplift..")
                        .and(not(resideInAnyPackage(
                                "dev.uplift.orchestrator..",
                                "dev.uplift.contract..",
                                "dev.uplift.profile..",
                                "dev.uplift.http..",
                                "dev.uplift.messaging..",
                                "dev.uplift.host.."))))
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.uplift.orchestrator.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }
}

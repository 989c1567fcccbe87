package dev.uplift.docker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.uplift.docker", "dev.uplift.host");

    @Test
    void aHostKnowsNothingOfItsDockerEngine() {
        noClasses()
                .that()
                .resideInAPackage("dev.uplift.host..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.uplift.docker..", "com.github.dockerjava..")
                .check(CLASSES);
    }
}

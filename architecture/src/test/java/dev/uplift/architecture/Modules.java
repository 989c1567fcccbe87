/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The modules of this build, as the root {@code pom.xml} lists them. */
final class Modules {
    private static final Pattern MODULE = Pattern.compile("<module>(.+)</module>");
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> WITH_CODE = withCode();

    private Modules() {}

    /** The classes of all that have any besides tests. */
    static JavaClasses classes() {
        return new ClassFileImporter()
                .importPaths(WITH_CODE.stream().map(Modules::classesOf).toList());
    }

    /** The module of a class of this build: its package is named after it. */
    static String of(String className) {
        String name = className.split("\\.", -1)[2];
        return WITH_CODE.contains(name) ? name : name + "-service";
    }

    /** The classes of this build that a class uses: what ArchUnit sees, and constants, which a switch over types has. */
    static Stream<String> usedBy(JavaClass type) {
        Stream<String> seen = type.getDirectDependenciesFromSelf().stream()
                .map(dependency ->
                        dependency.getTargetClass().getBaseComponentType().getName());
        return Stream.concat(seen, constants(type)).filter(name -> name.startsWith("dev.uplift."));
    }

    private static Stream<String> constants(JavaClass type) {
        try {
            ClassModel model =
                    ClassFile.of().parse(Path.of(type.getSource().orElseThrow().getUri()));
            return StreamSupport.stream(model.constantPool().spliterator(), false)
                    .filter(ClassEntry.class::isInstance)
                    .map(entry -> ((ClassEntry) entry)
                            .asInternalName()
                            .replaceFirst("^\\[+L", "")
                            .replace('/', '.'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of this build, by its path from the root. */
    static String text(String path) {
        try {
            return Files.readString(ROOT.resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> withCode() {
        return MODULE.matcher(text("pom.xml"))
                .results()
                .map((MatchResult module) -> module.group(1))
                .filter(module -> Files.isDirectory(ROOT.resolve(module).resolve("src/main/java")))
                .toList();
    }

    private static Path classesOf(String module) {
        Path classes = ROOT.resolve(module).resolve("target/classes");
        if (!Files.isDirectory(classes)) {
            throw new IllegalStateException(
                    module + " is not built before this module: add it to architecture/pom.xml");
        }
        return classes;
    }
}

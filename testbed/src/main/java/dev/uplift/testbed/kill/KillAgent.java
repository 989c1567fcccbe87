package dev.uplift.testbed.kill;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/**
 * {@code -javaagent:kill-agent.jar=DIRECTORY}: the crash points of a service, which do nothing in production, ask
 * {@link KillAt} what a test has armed in the directory.
 */
public final class KillAgent {
    /** Does nothing, as it is built. */
    private static final String CRASH_POINTS = "dev/uplift/messaging/NoCrashPoints";

    private static final String METHOD = "reached";

    private KillAgent() {}

    public static void premain(String directory, Instrumentation instrumentation)
            throws IOException, URISyntaxException {
        System.setProperty(KillAt.DIRECTORY, directory);
        // All that this consists of is loaded before the JAR has a second place, where it would be found first.
        ClassFileTransformer transformer = new Transformer(new Asking());
        Path jar = Path.of(KillAgent.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        // The services' own class loader looks here, and nowhere else that an agent could put anything.
        instrumentation.appendToBootstrapClassLoaderSearch(new JarFile(jar.toFile()));
        instrumentation.addTransformer(transformer);
    }

    private record Transformer(Asking asking) implements ClassFileTransformer {
        @Override
        public byte @Nullable [] transform(
                ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] classFile) {
            if (!CRASH_POINTS.equals(name)) {
                return null;
            }
            ClassFile format = ClassFile.of();
            return format.transformClass(
                    format.parse(classFile),
                    ClassTransform.transformingMethodBodies(
                            method -> method.methodName().equalsString(METHOD), asking));
        }
    }

    /** Calls {@link KillAt#reached} with the name of the effect and that of the moment, before anything else. */
    private static final class Asking implements CodeTransform {
        @Override
        public void atStart(CodeBuilder code) {
            code.aload(1)
                    .aload(2)
                    .invokevirtual(ClassDesc.of("java.lang.Enum"), "name", MethodTypeDesc.of(ConstantDescs.CD_String))
                    .invokestatic(
                            ClassDesc.of("dev.uplift.testbed.kill.KillAt"),
                            METHOD,
                            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String, ConstantDescs.CD_String));
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            code.with(element);
        }
    }
}

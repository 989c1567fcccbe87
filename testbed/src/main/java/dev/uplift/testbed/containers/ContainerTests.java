package dev.uplift.testbed.containers;

/** Whether tests that need containers run: {@code @EnabledIf("dev.uplift.testbed.containers.ContainerTests#wanted")}. */
public final class ContainerTests {
    private ContainerTests() {}

    /**
     * They run unless {@code UPLIFT_WITHOUT_CONTAINERS} is set, as {@code scripts/test} does, loudly, where there is
     * no Docker Engine. Anything else that is missing makes them fail.
     */
    public static boolean wanted() {
        String without = System.getenv("UPLIFT_WITHOUT_CONTAINERS");
        return without == null || without.isEmpty();
    }

    /** The same for tests that need root besides, for a Docker Engine of their own: on a laptop they are skipped. */
    public static boolean wantedAsRoot() {
        return wanted() && "root".equals(System.getProperty("user.name"));
    }
}

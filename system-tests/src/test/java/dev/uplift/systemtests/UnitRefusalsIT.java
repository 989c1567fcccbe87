/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.testbed.containers.RequiresDocker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Units and hosts that could not be upgraded, or brought back, are refused before anything is done, with what to do. */
@RequiresDocker
class UnitRefusalsIT {
    private static final String NAME = "unit-refused";
    private static final String UNIT = NAME + ".service";
    private static final String NEW = "v0.50.4";
    private static final Duration END_MAX = Duration.ofMinutes(3);

    private static Product product;
    private static Units units;
    private static Installed installed;

    @BeforeAll
    static void boot() {
        product = Product.shared();
        units = Units.boot(product, "refusing-host");
        installed = units.install(NAME, "");
    }

    @AfterAll
    static void shutDown() {
        product.letGo("backup");
        installed.close();
        units.close();
    }

    /** What a person did to a unit that runs: it runs on, and would not start again, or not as it should. */
    enum Broken {
        ENVIRONMENT_FILE(
                "mv /etc/default/unit-refused /root/kept",
                "mv /root/kept /etc/default/unit-refused",
                "/etc/default/unit-refused, the EnvironmentFile= of unit-refused.service, is missing"),
        USER(
                "sed -i s/^metabase:/gone:/ /etc/passwd",
                "sed -i s/^gone:/metabase:/ /etc/passwd",
                "there is no user 'metabase'"),
        JAR(
                "chmod 0600 /opt/unit-refused/metabase.jar; chown root: /opt/unit-refused/metabase.jar",
                "chown metabase: /opt/unit-refused/metabase.jar",
                "user 'metabase', the User= of unit-refused.service, cannot read /opt/unit-refused/metabase.jar"),
        TYPE(
                "sed -i s/^Type=.*/Type=forking/ /etc/systemd/system/unit-refused.service; systemctl daemon-reload",
                "sed -i s/^Type=.*/Type=simple/ /etc/systemd/system/unit-refused.service; systemctl daemon-reload",
                "unit-refused.service is of Type=forking"),
        REFUSES(
                "mkdir /etc/systemd/system/unit-refused.service.d; printf '[Unit]\nRefuseManualStop=yes\n'"
                        + " >/etc/systemd/system/unit-refused.service.d/own.conf; systemctl daemon-reload",
                "rm -r /etc/systemd/system/unit-refused.service.d; systemctl daemon-reload",
                "unit-refused.service has RefuseManualStop="),
        NOT_READ(
                "echo '# changed' >>/etc/systemd/system/unit-refused.service",
                "systemctl daemon-reload",
                "run systemctl daemon-reload");

        private final String breaking;
        private final String mending;
        private final String told;

        Broken(String breaking, String mending, String told) {
            this.breaking = breaking;
            this.mending = mending;
            this.told = told;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aUnitThatWouldNotStartAgainIsNeitherRegisteredNorUpgraded(Broken broken) {
        shell(broken.breaking);
        try {
            assertRefused(units.add("unit-" + broken.name().toLowerCase(Locale.ROOT), UNIT), broken.told);

            UpgradeStatus ended = upgrade();

            assertThat(ended.state()).isEqualTo(State.ROLLED_BACK);
            assertThat(requireNonNull(ended.failure()).step()).isEqualTo(StepName.PREFLIGHT);
            assertThat(ended.failure().code()).isEqualTo(ErrorCode.PREFLIGHT_REFUSED);
            assertThat(ended.failure().detail()).contains(broken.told);
            assertThat(units.machine().property(UNIT, "DropInPaths")).doesNotContain("uplift");
            assertThat(units.machine().property(UNIT, "ActiveState")).isEqualTo("active");
            assertThat(units.machine().property(UNIT, "NRestarts")).isEqualTo("0");
        } finally {
            shell(broken.mending);
        }
        units.assertAsTheOperatorHasIt(NAME);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "no-such.service | systemd has no unit no-such.service",
                "ssh.service | ssh.service runs no JAR (java -jar x.jar); start it first",
                "unit-refused | unit is not the full name of a service unit, such as metabase.service",
                "a.service;reboot | unit is not the full name of a service unit, such as metabase.service",
                "../unit-refused.service | unit is not the full name of a service unit, such as metabase.service",
                "ssh@.service | ssh@.service is a template",
                "alias.service | alias.service is another name of unit-refused.service; register that",
            })
    void whatIsNoUnitOfAnApplicationIsRefused(String unit, String told) {
        shell("ln -sf /etc/systemd/system/unit-refused.service /etc/systemd/system/alias.service;"
                + " systemctl daemon-reload");
        try {
            assertRefused(units.add("unit-none", unit), told);
        } finally {
            shell("rm /etc/systemd/system/alias.service; systemctl daemon-reload");
        }
        units.assertAsTheOperatorHasIt(NAME);
    }

    @Test
    void aHostWithAnotherKeyIsRefusedUntilItsOwnIsPinned() throws Exception {
        String other = changeHostKey();
        // A connection that was made before is still that to the right host.
        units.machine().powerCycle();
        Awaitility.await("the unit to serve")
                .atMost(Duration.ofSeconds(90))
                .until(() -> installed.api().healthy());

        Failure failure = requireNonNull(upgrade().failure());
        assertThat(failure.step()).isEqualTo(StepName.PREFLIGHT);
        assertThat(failure.detail()).contains(other, "registered is SHA256:", "compare the key on its own console");
        assertRefused(units.add("unit-elsewhere", UNIT), other);

        assertThat(units.addHost(other, "--replace").exit()).isZero();
        installed.upgrade(Dashboard.request(product, NAME, "v0.50.5"), State.COMPLETED);
    }

    @Test
    void aHostKeyThatChangesInMidUpgradeParksItUntilTheNewOneIsPinned() throws Exception {
        product.holdAt("backup", "backup.take.dump:BEFORE:1");
        UpgradeStatus ended = installed.upgrade(Dashboard.request(product, NAME, "v0.50.6"), upgrade -> {
            Awaitility.await("the backup").atMost(Duration.ofSeconds(60)).until(() -> product.isHeld("backup"));
            String other = changeHostKey();
            units.machine().powerCycle();
            product.letGo("backup");
            UpgradeStatus parked = product.awaitEnd(upgrade, END_MAX);
            assertThat(parked.state()).as("%s", parked).isEqualTo(State.PARKED);
            assertThat(Cli.of(product).run("status", NAME).out())
                    .contains(other)
                    .contains("uplift retry");
            assertThat(units.machine().property(UNIT, "ActiveState")).isEqualTo("inactive");
            assertThat(units.addHost(other, "--replace").exit()).isZero();
            Cli.of(product).run("retry", NAME);
        });
        assertThat(ended.state()).isEqualTo(State.ROLLED_BACK);
        units.assertAsTheOperatorHasIt(NAME);
    }

    private static UpgradeStatus upgrade() {
        UUID upgrade = product.beginUpgrade(Dashboard.request(product, NAME, NEW));
        return product.awaitEnd(upgrade, END_MAX);
    }

    private static void assertRefused(Cli.Outcome outcome, String told) {
        assertThat(outcome.exit()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.err()).contains(told);
        assertThat(outcome.plain()).as("%s", outcome).isTrue();
        Path fence = Units.directory(NAME).resolve(".uplift/saga.json");
        assertThat(units.machine().attempt("ls", fence.toString()).ok()).isFalse();
    }

    /** Its fingerprint, as the host's console shows it. */
    private static String changeHostKey() {
        units.machine().changeHostKey();
        return units.machine()
                .exec("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub")
                .output()
                .split(" ", -1)[1];
    }

    private static void shell(String script) {
        units.machine().exec("sh", "-ec", script);
    }
}

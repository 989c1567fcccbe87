/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class KnownDigestsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Path FILE = Path.of("/file");

    private final KnownDigests digests = new KnownDigests();
    private long changed = 5 * SECOND + 7;
    private long now = 9 * SECOND;
    private int reads;

    @Test
    void whatDidNotChangeIsReadOnce() throws Exception {
        assertThat(known()).isEqualTo(known());

        assertThat(reads).isEqualTo(1);
    }

    @Test
    void whatIsToBeReadIsReadAgain() throws Exception {
        digests.read(FILE, _ -> mark(), _ -> content());
        digests.read(FILE, _ -> mark(), _ -> content());

        assertThat(reads).isEqualTo(2);
    }

    @Test
    void aChangeIsNoticedAlsoWhereTheTimeOfTheContentWasSetBack() throws Exception {
        known();
        changed++;
        known();

        assertThat(reads).isEqualTo(2);
    }

    @Test
    void whatChangesWhileItIsReadIsNotKnown() throws Exception {
        digests.read(FILE, _ -> mark(), _ -> {
            changed++;
            return content();
        });
        known();

        assertThat(reads).isEqualTo(2);
    }

    /** A change that follows within the same tick of the clock would have the same time. */
    @Test
    void whatHasJustChangedIsReadWhenItIsAtRest() throws Exception {
        now = changed + SECOND / 20;
        long begun = System.nanoTime();
        digests.read(FILE, _ -> markThenLater(), _ -> content());

        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(SECOND / 20);
        known();
        assertThat(reads).isEqualTo(1);
    }

    @Test
    void whatDoesNotComeToRestIsReadAgain() throws Exception {
        now = changed + SECOND / 20;
        known();
        known();

        assertThat(reads).isEqualTo(2);
    }

    @Test
    void aFileSystemThatCountsSecondsHasLongTicks() {
        assertThat(KnownDigests.Mark.of(1, 2, 3, 4, 5 * SECOND, 6 * SECOND).unsettledNanos())
                .isEqualTo(SECOND);
    }

    @Test
    void aClockThatWasSetBackMakesNothingKnown() throws Exception {
        now = changed - SECOND;
        known();
        known();

        assertThat(reads).isEqualTo(2);
    }

    private Digested known() throws Exception {
        return digests.known(FILE, _ -> mark(), _ -> content());
    }

    private KnownDigests.Mark markThenLater() {
        KnownDigests.Mark mark = mark();
        now = changed + SECOND;
        return mark;
    }

    private KnownDigests.Mark mark() {
        return KnownDigests.Mark.of(1, 2, 3, 4, changed, now);
    }

    private Digested content() {
        reads++;
        return new Digested("ab".repeat(32), 3);
    }
}

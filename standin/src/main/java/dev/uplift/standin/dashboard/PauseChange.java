/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import liquibase.change.custom.CustomTaskChange;
import liquibase.change.custom.CustomTaskRollback;
import liquibase.database.Database;
import liquibase.exception.CustomChangeException;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;

/** A changeset that takes its time and changes nothing. Public, because Liquibase makes it by name. */
public final class PauseChange implements CustomTaskChange, CustomTaskRollback {
    private long millis;

    public void setMillis(String value) {
        millis = Long.parseLong(value);
    }

    @Override
    public void execute(Database database) throws CustomChangeException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CustomChangeException("interrupted", e);
        }
    }

    @Override
    public void rollback(Database database) {}

    @Override
    public String getConfirmationMessage() {
        return "paused " + millis + " ms";
    }

    @Override
    public void setUp() {}

    @Override
    public void setFileOpener(ResourceAccessor resourceAccessor) {}

    @Override
    public ValidationErrors validate(Database database) {
        return new ValidationErrors();
    }
}

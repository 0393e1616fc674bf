package odoo

import "context"

// Modules are the installed modules of the session's database and their
// versions there, "" where the server tells none. The user must be one of the
// settings group.
func Modules(ctx context.Context, s *Session) (map[string]string, error) {
	// The field installed_version is what the server's files have; latest_version,
	// for all its name, is what is installed in the database.
	rows, err := s.searchRead(ctx, "ir.module.module", []any{[]any{"state", "=", "installed"}}, []string{"name", "latest_version"}, nil)
	if err != nil {
		return nil, err
	}
	modules := make(map[string]string, len(rows))
	for _, row := range rows {
		if name, ok := row["name"].(string); ok {
			modules[name], _ = row["latest_version"].(string)
		}
	}
	return modules, nil
}

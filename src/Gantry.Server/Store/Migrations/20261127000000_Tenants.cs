using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <summary>
    /// Gives each row its tenant. A store that was made before has one tenant, which its settings name.
    /// </summary>
    public partial class Tenants : Migration
    {
        private static readonly string[] Owned =
        [
            "Accounts", "ApiKeys", "Audits", "Clusters", "Events", "Gateways", "PairingCodes", "PlannedChanges", "Profiles", "Projects", "Users",
        ];

        // Names that are unique among the rows of a tenant, and were unique in the store.
        private static readonly (string Table, string Column)[] Names =
        [
            ("Accounts", "ActiveName"), ("Clusters", "ActiveName"), ("Gateways", "ActiveName"), ("Profiles", "Key"), ("Projects", "Name"),
        ];

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            foreach (var table in Owned)
            {
                migrationBuilder.AddColumn<string>(name: "TenantUid", table: table, nullable: false, defaultValue: "");
                migrationBuilder.Sql(
                    $"""UPDATE "{table}" SET "TenantUid" = COALESCE((SELECT "Value" FROM "Settings" WHERE "Name" = 'tenantUid'), '')""");
            }

            foreach (var (table, column) in Names)
            {
                migrationBuilder.DropIndex(name: $"IX_{table}_{column}", table: table);
                migrationBuilder.CreateIndex(
                    name: $"IX_{table}_{column}_TenantUid", table: table, columns: [column, "TenantUid"], unique: true);
            }

            migrationBuilder.MakePortable();
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            foreach (var (table, column) in Names)
            {
                migrationBuilder.DropIndex(name: $"IX_{table}_{column}_TenantUid", table: table);
                migrationBuilder.CreateIndex(name: $"IX_{table}_{column}", table: table, column: column, unique: true);
            }

            foreach (var table in Owned)
            {
                migrationBuilder.DropColumn(name: "TenantUid", table: table);
            }
        }
    }
}

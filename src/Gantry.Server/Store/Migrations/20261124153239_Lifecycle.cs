using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class Lifecycle : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "AutoRepair",
                table: "Projects",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Generation",
                table: "Events",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "Kind",
                table: "Events",
                nullable: false,
                defaultValue: "Seen");

            migrationBuilder.AddColumn<long>(
                name: "AbortedAt",
                table: "Clusters",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "AutoRepair",
                table: "Clusters",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "RepaveHash",
                table: "ClusterReports",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Generation",
                table: "Audits",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Request",
                table: "Audits",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "PlannedChanges",
                columns: table => new
                {
                    Hash = table.Column<string>(nullable: false),
                    Scope = table.Column<string>(nullable: false),
                    ClusterUid = table.Column<string>(nullable: false),
                    Creates = table.Column<bool>(nullable: false),
                    RequestJson = table.Column<string>(nullable: false),
                    PlanJson = table.Column<string>(nullable: false),
                    PlannedAt = table.Column<long>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PlannedChanges", x => new { x.Hash, x.Scope });
                });

            migrationBuilder.CreateIndex(
                name: "IX_Events_ClusterUid_Generation",
                table: "Events",
                columns: new[] { "ClusterUid", "Generation" });

            migrationBuilder.CreateIndex(
                name: "IX_ClusterReports_RepaveHash",
                table: "ClusterReports",
                column: "RepaveHash");

            migrationBuilder.CreateIndex(
                name: "IX_PlannedChanges_ExpiresAt",
                table: "PlannedChanges",
                column: "ExpiresAt");

            migrationBuilder.MakePortable();
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "PlannedChanges");

            migrationBuilder.DropIndex(
                name: "IX_Events_ClusterUid_Generation",
                table: "Events");

            migrationBuilder.DropIndex(
                name: "IX_ClusterReports_RepaveHash",
                table: "ClusterReports");

            migrationBuilder.DropColumn(
                name: "AutoRepair",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "Generation",
                table: "Events");

            migrationBuilder.DropColumn(
                name: "Kind",
                table: "Events");

            migrationBuilder.DropColumn(
                name: "AbortedAt",
                table: "Clusters");

            migrationBuilder.DropColumn(
                name: "AutoRepair",
                table: "Clusters");

            migrationBuilder.DropColumn(
                name: "RepaveHash",
                table: "ClusterReports");

            migrationBuilder.DropColumn(
                name: "Generation",
                table: "Audits");

            migrationBuilder.DropColumn(
                name: "Request",
                table: "Audits");
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class ListsAndSharedState : Migration
    {
        /// <summary>What lists search and sort by, and what consoles on one store share. There is no way back but a backup.</summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ClusterLabels",
                columns: table => new
                {
                    ClusterUid = table.Column<string>(nullable: false),
                    Key = table.Column<string>(nullable: false),
                    Value = table.Column<string>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ClusterLabels", x => new { x.ClusterUid, x.Key });
                    table.ForeignKey(
                        name: "FK_ClusterLabels_Clusters_ClusterUid",
                        column: x => x.ClusterUid,
                        principalTable: "Clusters",
                        principalColumn: "Uid",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "LoginFailures",
                columns: table => new
                {
                    Email = table.Column<string>(nullable: false),
                    Count = table.Column<int>(nullable: false),
                    Since = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LoginFailures", x => x.Email);
                });

            migrationBuilder.CreateTable(
                name: "UsedTokens",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    Until = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_UsedTokens", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Profiles_CreatedAt_Uid",
                table: "Profiles",
                columns: new[] { "CreatedAt", "Uid" });

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_CreatedAt_Uid",
                table: "Clusters",
                columns: new[] { "CreatedAt", "Uid" });

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_Name_Uid",
                table: "Clusters",
                columns: new[] { "Name", "Uid" });

            migrationBuilder.CreateIndex(
                name: "IX_Audits_ActorUid_Number",
                table: "Audits",
                columns: new[] { "ActorUid", "Number" });

            migrationBuilder.CreateIndex(
                name: "IX_Audits_ProjectUid_Number",
                table: "Audits",
                columns: new[] { "ProjectUid", "Number" });

            migrationBuilder.CreateIndex(
                name: "IX_Accounts_CreatedAt_Uid",
                table: "Accounts",
                columns: new[] { "CreatedAt", "Uid" });

            migrationBuilder.CreateIndex(
                name: "IX_ClusterLabels_Key_Value",
                table: "ClusterLabels",
                columns: new[] { "Key", "Value" });

            migrationBuilder.CreateIndex(
                name: "IX_LoginFailures_Since",
                table: "LoginFailures",
                column: "Since");

            migrationBuilder.CreateIndex(
                name: "IX_UsedTokens_Until",
                table: "UsedTokens",
                column: "Until");

            // No other database holds a store that is older than this.
            if (migrationBuilder.IsSqlite())
            {
                migrationBuilder.Sql("""
                    insert into "ClusterLabels" ("ClusterUid", "Key", "Value")
                    select cluster."Uid", label.key, label.value from "Clusters" cluster, json_each(cluster."LabelsJson") label
                    """);
            }

            migrationBuilder.MakePortable();
        }
    }
}

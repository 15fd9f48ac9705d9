using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class ProfileContents : Migration
    {
        /// <summary>Moves the copies of profiles out of the clusters' rows. There is no way back but a backup.</summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ProfileContents",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    TemplateJson = table.Column<string>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ProfileContents", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "ClusterProfiles",
                columns: table => new
                {
                    ClusterUid = table.Column<string>(nullable: false),
                    ProfileUid = table.Column<string>(nullable: false),
                    Position = table.Column<int>(nullable: false),
                    Name = table.Column<string>(nullable: false),
                    Version = table.Column<string>(nullable: false),
                    PublishedCount = table.Column<int>(nullable: false),
                    CloudType = table.Column<string>(nullable: false),
                    Type = table.Column<string>(nullable: false),
                    ContentUid = table.Column<string>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ClusterProfiles", x => new { x.ClusterUid, x.ProfileUid });
                    table.ForeignKey(
                        name: "FK_ClusterProfiles_Clusters_ClusterUid",
                        column: x => x.ClusterUid,
                        principalTable: "Clusters",
                        principalColumn: "Uid",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_ClusterProfiles_ProfileContents_ContentUid",
                        column: x => x.ContentUid,
                        principalTable: "ProfileContents",
                        principalColumn: "Uid",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "IX_ClusterProfiles_ContentUid",
                table: "ClusterProfiles",
                column: "ContentUid");

            migrationBuilder.CreateIndex(
                name: "IX_ClusterProfiles_ProfileUid",
                table: "ClusterProfiles",
                column: "ProfileUid");

            // No other database holds a store that is older than this.
            if (migrationBuilder.IsSqlite())
            {
                MoveOutOfClusters(migrationBuilder);
            }

            migrationBuilder.DropTable(
                name: "ClusterProfileUses");

            migrationBuilder.DropColumn(
                name: "ProfilesJson",
                table: "Clusters");

            migrationBuilder.MakePortable();
        }

        // Before, each cluster's row held [{uid, name, version, published, template}, ...] with a copy of each template.
        private static void MoveOutOfClusters(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""
                insert into "ProfileContents" ("Uid", "TemplateJson")
                select min(cluster."Uid" || '/' || json_extract(profile.value, '$.uid')), json_extract(profile.value, '$.template')
                from "Clusters" cluster, json_each(cluster."ProfilesJson") profile
                group by json_extract(profile.value, '$.template')
                """);
            migrationBuilder.Sql("""
                insert into "ClusterProfiles"
                    ("ClusterUid", "ProfileUid", "Position", "Name", "Version", "PublishedCount", "CloudType", "Type", "ContentUid")
                select cluster."Uid", json_extract(profile.value, '$.uid'), profile.key, json_extract(profile.value, '$.name'),
                    json_extract(profile.value, '$.version'), json_extract(profile.value, '$.published'),
                    json_extract(profile.value, '$.template.cloudType'), json_extract(profile.value, '$.template.type'), content."Uid"
                from "Clusters" cluster, json_each(cluster."ProfilesJson") profile
                join "ProfileContents" content on content."TemplateJson" = json_extract(profile.value, '$.template')
                """);
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class Kubeconfigs : Migration
    {
        /// <summary>Issued kubeconfigs, sealed, each for one person of one cluster. There is no way back but a backup.</summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Kubeconfigs",
                columns: table => new
                {
                    ClusterUid = table.Column<string>(nullable: false),
                    UserUid = table.Column<string>(nullable: false),
                    TenantUid = table.Column<string>(nullable: false),
                    Sealed = table.Column<string>(nullable: false),
                    GivenUntil = table.Column<long>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Kubeconfigs", x => new { x.ClusterUid, x.UserUid });
                    table.ForeignKey(
                        name: "FK_Kubeconfigs_Clusters_ClusterUid",
                        column: x => x.ClusterUid,
                        principalTable: "Clusters",
                        principalColumn: "Uid",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.MakePortable();
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class CoveringClusterIndexes : Migration
    {
        /// <summary>
        /// Lists count clusters and find a page by an index alone: a cluster's row holds kilobytes of JSON before the columns that
        /// say who sees it. There is no way back but a backup.
        /// </summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(name: "IX_Clusters_CreatedAt_Uid", table: "Clusters");

            migrationBuilder.DropIndex(name: "IX_Clusters_DeletedAt", table: "Clusters");

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_CreatedAt_Uid_TenantUid_ProjectUid_DeletedAt",
                table: "Clusters",
                columns: new[] { "CreatedAt", "Uid", "TenantUid", "ProjectUid", "DeletedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_DeletedAt_TenantUid_ProjectUid_CreatedAt_Uid",
                table: "Clusters",
                columns: new[] { "DeletedAt", "TenantUid", "ProjectUid", "CreatedAt", "Uid" });

            migrationBuilder.MakePortable();
        }
    }
}

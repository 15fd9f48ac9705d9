using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class GatewayProblem : Migration
    {
        /// <summary>What keeps a gateway from working. There is no way back but a backup.</summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(name: "Problem", table: "Gateways", nullable: true);

            migrationBuilder.MakePortable();
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class GatewayInstances : Migration
    {
        /// <summary>Which running instance of a gateway works. There is no way back but a backup.</summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(name: "InstanceJson", table: "Gateways", nullable: true);

            migrationBuilder.MakePortable();
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class AccountCa : Migration
    {
        /// <summary>The CA of an account's region. There is no way back but a backup.</summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(name: "CaPem", table: "Accounts", nullable: true);

            migrationBuilder.MakePortable();
        }
    }
}

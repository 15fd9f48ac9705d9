using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class SignInLimits : Migration
    {
        /// <summary>Sign-ins are limited by source and account in the process, and recorded in the audit: nothing is counted in rows.</summary>
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "LoginFailures");

            migrationBuilder.MakePortable();
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gantry.Server.Store.Migrations
{
    /// <inheritdoc />
    public partial class FirstSchema : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Accounts",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    ProjectUid = table.Column<string>(nullable: true),
                    Name = table.Column<string>(nullable: false),
                    ActiveName = table.Column<string>(nullable: true),
                    GatewayUid = table.Column<string>(nullable: false),
                    Endpoint = table.Column<string>(nullable: false),
                    SealedEphemeralKey = table.Column<string>(nullable: false),
                    SealedBox = table.Column<string>(nullable: false),
                    LabelsJson = table.Column<string>(nullable: false),
                    AnnotationsJson = table.Column<string>(nullable: false),
                    PreferredSubnetsJson = table.Column<string>(nullable: false),
                    Revision = table.Column<long>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false),
                    ModifiedAt = table.Column<long>(nullable: false),
                    RemovedAt = table.Column<long>(nullable: true),
                    RowVersion = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Accounts", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "ApiKeys",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    Name = table.Column<string>(nullable: false),
                    AnnotationsJson = table.Column<string>(nullable: false),
                    KeyHash = table.Column<string>(nullable: false),
                    UserUid = table.Column<string>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: true),
                    IsLocal = table.Column<bool>(nullable: false),
                    IsActive = table.Column<bool>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false),
                    ModifiedAt = table.Column<long>(nullable: false),
                    RowVersion = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ApiKeys", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "Audits",
                columns: table => new
                {
                    Number = table.Column<long>(nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Uid = table.Column<string>(nullable: false),
                    At = table.Column<long>(nullable: false),
                    ActorType = table.Column<string>(nullable: false),
                    ActorUid = table.Column<string>(nullable: false),
                    ActorName = table.Column<string>(nullable: false),
                    RemoteAddress = table.Column<string>(nullable: false),
                    ProjectUid = table.Column<string>(nullable: true),
                    Action = table.Column<string>(nullable: false),
                    ResourceKind = table.Column<string>(nullable: false),
                    ResourceUid = table.Column<string>(nullable: false),
                    ResourceName = table.Column<string>(nullable: false),
                    BeforeJson = table.Column<string>(nullable: true),
                    AfterJson = table.Column<string>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Audits", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "ClusterProfileUses",
                columns: table => new
                {
                    ClusterUid = table.Column<string>(nullable: false),
                    ProfileUid = table.Column<string>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ClusterProfileUses", x => new { x.ClusterUid, x.ProfileUid });
                });

            migrationBuilder.CreateTable(
                name: "Clusters",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    ProjectUid = table.Column<string>(nullable: true),
                    Name = table.Column<string>(nullable: false),
                    ActiveName = table.Column<string>(nullable: true),
                    ConfigUid = table.Column<string>(nullable: false),
                    GatewayUid = table.Column<string>(nullable: false),
                    AccountUid = table.Column<string>(nullable: false),
                    LabelsJson = table.Column<string>(nullable: false),
                    AnnotationsJson = table.Column<string>(nullable: false),
                    WireJson = table.Column<string>(nullable: false),
                    ProfilesJson = table.Column<string>(nullable: false),
                    SpecJson = table.Column<string>(nullable: false),
                    Generation = table.Column<long>(nullable: false),
                    Revision = table.Column<long>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false),
                    ModifiedAt = table.Column<long>(nullable: false),
                    DeletionRequestedAt = table.Column<long>(nullable: true),
                    DeletedAt = table.Column<long>(nullable: true),
                    RowVersion = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Clusters", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "Events",
                columns: table => new
                {
                    Number = table.Column<long>(nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Uid = table.Column<string>(nullable: false),
                    GatewayUid = table.Column<string>(nullable: false),
                    GatewayEventId = table.Column<string>(nullable: false),
                    ClusterUid = table.Column<string>(nullable: false),
                    Machine = table.Column<string>(nullable: true),
                    Severity = table.Column<string>(nullable: false),
                    Reason = table.Column<string>(nullable: false),
                    Message = table.Column<string>(nullable: false),
                    At = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Events", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "Gateways",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    Name = table.Column<string>(nullable: false),
                    ActiveName = table.Column<string>(nullable: true),
                    SigningKey = table.Column<string>(nullable: false),
                    SealingKey = table.Column<string>(nullable: false),
                    Fingerprint = table.Column<string>(nullable: false),
                    Version = table.Column<string>(nullable: false),
                    Revision = table.Column<long>(nullable: false),
                    PairedAt = table.Column<long>(nullable: false),
                    LastSeenAt = table.Column<long>(nullable: true),
                    RevokedAt = table.Column<long>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Gateways", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "PairingCodes",
                columns: table => new
                {
                    CodeHash = table.Column<string>(nullable: false),
                    Name = table.Column<string>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false),
                    UsedAt = table.Column<long>(nullable: true),
                    GatewayUid = table.Column<string>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PairingCodes", x => x.CodeHash);
                });

            migrationBuilder.CreateTable(
                name: "Profiles",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    ProjectUid = table.Column<string>(nullable: true),
                    Name = table.Column<string>(nullable: false),
                    Version = table.Column<string>(nullable: false),
                    Key = table.Column<string>(nullable: false),
                    CloudType = table.Column<string>(nullable: false),
                    Type = table.Column<string>(nullable: false),
                    DraftJson = table.Column<string>(nullable: false),
                    PublishedJson = table.Column<string>(nullable: true),
                    PublishedCount = table.Column<int>(nullable: false),
                    VariablesJson = table.Column<string>(nullable: false),
                    LabelsJson = table.Column<string>(nullable: false),
                    AnnotationsJson = table.Column<string>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false),
                    ModifiedAt = table.Column<long>(nullable: false),
                    RowVersion = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Profiles", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "Projects",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    Name = table.Column<string>(nullable: false),
                    LabelsJson = table.Column<string>(nullable: false),
                    AnnotationsJson = table.Column<string>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false),
                    ModifiedAt = table.Column<long>(nullable: false),
                    RowVersion = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Projects", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "RevokedSessions",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RevokedSessions", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Settings",
                columns: table => new
                {
                    Name = table.Column<string>(nullable: false),
                    Value = table.Column<string>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Settings", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "Users",
                columns: table => new
                {
                    Uid = table.Column<string>(nullable: false),
                    Email = table.Column<string>(nullable: false),
                    FirstName = table.Column<string>(nullable: false),
                    LastName = table.Column<string>(nullable: false),
                    PasswordHash = table.Column<string>(nullable: false),
                    IsActive = table.Column<bool>(nullable: false),
                    CreatedAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Users", x => x.Uid);
                });

            migrationBuilder.CreateTable(
                name: "ClusterReports",
                columns: table => new
                {
                    ClusterUid = table.Column<string>(nullable: false),
                    Phase = table.Column<string>(nullable: false),
                    Health = table.Column<string>(nullable: false),
                    StatusJson = table.Column<string>(nullable: false),
                    ReportedAt = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ClusterReports", x => x.ClusterUid);
                    table.ForeignKey(
                        name: "FK_ClusterReports_Clusters_ClusterUid",
                        column: x => x.ClusterUid,
                        principalTable: "Clusters",
                        principalColumn: "Uid",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Accounts_ActiveName",
                table: "Accounts",
                column: "ActiveName",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Accounts_GatewayUid_Revision",
                table: "Accounts",
                columns: new[] { "GatewayUid", "Revision" });

            migrationBuilder.CreateIndex(
                name: "IX_ApiKeys_KeyHash",
                table: "ApiKeys",
                column: "KeyHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Audits_ResourceUid_Number",
                table: "Audits",
                columns: new[] { "ResourceUid", "Number" });

            migrationBuilder.CreateIndex(
                name: "IX_Audits_Uid",
                table: "Audits",
                column: "Uid",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ClusterProfileUses_ProfileUid",
                table: "ClusterProfileUses",
                column: "ProfileUid");

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_AccountUid",
                table: "Clusters",
                column: "AccountUid");

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_ActiveName",
                table: "Clusters",
                column: "ActiveName",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_ConfigUid",
                table: "Clusters",
                column: "ConfigUid",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_DeletedAt",
                table: "Clusters",
                column: "DeletedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_GatewayUid_Revision",
                table: "Clusters",
                columns: new[] { "GatewayUid", "Revision" });

            migrationBuilder.CreateIndex(
                name: "IX_Clusters_ProjectUid_Name",
                table: "Clusters",
                columns: new[] { "ProjectUid", "Name" });

            migrationBuilder.CreateIndex(
                name: "IX_Events_ClusterUid_Number",
                table: "Events",
                columns: new[] { "ClusterUid", "Number" });

            migrationBuilder.CreateIndex(
                name: "IX_Events_GatewayUid_GatewayEventId",
                table: "Events",
                columns: new[] { "GatewayUid", "GatewayEventId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Gateways_ActiveName",
                table: "Gateways",
                column: "ActiveName",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Profiles_Key",
                table: "Profiles",
                column: "Key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Projects_Name",
                table: "Projects",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Users_Email",
                table: "Users",
                column: "Email",
                unique: true);

            migrationBuilder.MakePortable();
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Accounts");

            migrationBuilder.DropTable(
                name: "ApiKeys");

            migrationBuilder.DropTable(
                name: "Audits");

            migrationBuilder.DropTable(
                name: "ClusterProfileUses");

            migrationBuilder.DropTable(
                name: "ClusterReports");

            migrationBuilder.DropTable(
                name: "Events");

            migrationBuilder.DropTable(
                name: "Gateways");

            migrationBuilder.DropTable(
                name: "PairingCodes");

            migrationBuilder.DropTable(
                name: "Profiles");

            migrationBuilder.DropTable(
                name: "Projects");

            migrationBuilder.DropTable(
                name: "RevokedSessions");

            migrationBuilder.DropTable(
                name: "Settings");

            migrationBuilder.DropTable(
                name: "Users");

            migrationBuilder.DropTable(
                name: "Clusters");
        }
    }
}

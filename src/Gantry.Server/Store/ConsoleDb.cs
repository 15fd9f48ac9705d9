using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Gantry.Server.Store;

/// <summary>The console's store. Nothing in the model is of one database only; times are whole milliseconds since 1970.</summary>
public sealed class ConsoleDb(DbContextOptions<ConsoleDb> options) : DbContext(options)
{
    public DbSet<UserRow> Users => Set<UserRow>();

    public DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();

    public DbSet<RevokedSessionRow> RevokedSessions => Set<RevokedSessionRow>();

    public DbSet<SettingRow> Settings => Set<SettingRow>();

    public DbSet<ProjectRow> Projects => Set<ProjectRow>();

    public DbSet<GatewayRow> Gateways => Set<GatewayRow>();

    public DbSet<PairingCodeRow> PairingCodes => Set<PairingCodeRow>();

    public DbSet<AccountRow> Accounts => Set<AccountRow>();

    public DbSet<ProfileRow> Profiles => Set<ProfileRow>();

    public DbSet<ClusterRow> Clusters => Set<ClusterRow>();

    public DbSet<ClusterReportRow> ClusterReports => Set<ClusterReportRow>();

    public DbSet<ClusterProfileUseRow> ClusterProfileUses => Set<ClusterProfileUseRow>();

    public DbSet<EventRow> Events => Set<EventRow>();

    public DbSet<AuditRow> Audits => Set<AuditRow>();

    public DbSet<PlannedChangeRow> PlannedChanges => Set<PlannedChangeRow>();

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        foreach (var entry in ChangeTracker.Entries<IVersioned>().Where(entry => entry.State is EntityState.Modified))
        {
            entry.Entity.RowVersion++;
        }

        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<MillisecondsConverter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<UserRow>(user =>
        {
            user.HasKey(row => row.Uid);
            user.HasIndex(row => row.Email).IsUnique();
        });
        modelBuilder.Entity<ApiKeyRow>(key =>
        {
            key.HasKey(row => row.Uid);
            key.HasIndex(row => row.KeyHash).IsUnique();
            key.Property(row => row.RowVersion).IsConcurrencyToken();
        });
        modelBuilder.Entity<RevokedSessionRow>().HasKey(row => row.Id);
        modelBuilder.Entity<SettingRow>().HasKey(row => row.Name);
        modelBuilder.Entity<ProjectRow>(project =>
        {
            project.HasKey(row => row.Uid);
            project.HasIndex(row => row.Name).IsUnique();
            project.Property(row => row.RowVersion).IsConcurrencyToken();
        });
        modelBuilder.Entity<GatewayRow>(gateway =>
        {
            gateway.HasKey(row => row.Uid);
            gateway.HasIndex(row => row.ActiveName).IsUnique();
        });
        modelBuilder.Entity<PairingCodeRow>().HasKey(row => row.CodeHash);
        modelBuilder.Entity<AccountRow>(account =>
        {
            account.HasKey(row => row.Uid);
            account.HasIndex(row => row.ActiveName).IsUnique();
            account.HasIndex(row => new { row.GatewayUid, row.Revision });
            account.Property(row => row.RowVersion).IsConcurrencyToken();
        });
        modelBuilder.Entity<ProfileRow>(profile =>
        {
            profile.HasKey(row => row.Uid);
            profile.HasIndex(row => row.Key).IsUnique();
            profile.Property(row => row.RowVersion).IsConcurrencyToken();
        });
        modelBuilder.Entity<ClusterRow>(cluster =>
        {
            cluster.HasKey(row => row.Uid);
            cluster.HasIndex(row => row.ActiveName).IsUnique();
            cluster.HasIndex(row => row.ConfigUid).IsUnique();
            cluster.HasIndex(row => new { row.GatewayUid, row.Revision });
            cluster.HasIndex(row => row.AccountUid);
            cluster.HasIndex(row => new { row.ProjectUid, row.Name });
            cluster.HasIndex(row => row.DeletedAt);
            cluster.Property(row => row.RowVersion).IsConcurrencyToken();
            cluster.HasOne(row => row.Report).WithOne().HasForeignKey<ClusterReportRow>(row => row.ClusterUid)
                .OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<ClusterReportRow>(report =>
        {
            report.HasKey(row => row.ClusterUid);
            report.HasIndex(row => row.RepaveHash);
        });
        modelBuilder.Entity<ClusterProfileUseRow>(use =>
        {
            use.HasKey(row => new { row.ClusterUid, row.ProfileUid });
            use.HasIndex(row => row.ProfileUid);
        });
        modelBuilder.Entity<EventRow>(happening =>
        {
            happening.HasKey(row => row.Number);
            happening.HasIndex(row => new { row.GatewayUid, row.GatewayEventId }).IsUnique();
            happening.HasIndex(row => new { row.ClusterUid, row.Number });
            happening.HasIndex(row => new { row.ClusterUid, row.Generation });
        });
        modelBuilder.Entity<AuditRow>(audit =>
        {
            audit.HasKey(row => row.Number);
            audit.HasIndex(row => row.Uid).IsUnique();
            audit.HasIndex(row => new { row.ResourceUid, row.Number });
        });
        modelBuilder.Entity<PlannedChangeRow>(planned =>
        {
            planned.HasKey(row => new { row.Hash, row.Scope });
            planned.HasIndex(row => row.ExpiresAt);
        });
    }

    private sealed class MillisecondsConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}

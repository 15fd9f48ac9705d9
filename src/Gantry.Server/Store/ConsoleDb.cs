using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Gantry.Server.Store;

/// <summary>
/// The console's store within the caller's scope: query filters exclude rows of other tenants and projects from each query,
/// update and deletion. The model is independent of the database; times are whole milliseconds since 1970.
/// </summary>
public sealed class ConsoleDb(DbContextOptions<ConsoleDb> options, Caller caller) : DbContext(options)
{
    /// <summary>The query filter that separates tenants.</summary>
    public const string TenantFilter = "Tenant";

    /// <summary>
    /// The query filter that separates the projects of a tenant. A rule about the whole tenant (is this still in use?)
    /// ignores it, and never shows the rows it finds.
    /// </summary>
    public const string ProjectFilter = "Project";

    public static readonly string[] AllProjects = [ProjectFilter];

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

    public DbSet<ClusterProfileRow> ClusterProfiles => Set<ClusterProfileRow>();

    public DbSet<ClusterLabelRow> ClusterLabels => Set<ClusterLabelRow>();

    public DbSet<ProfileContentRow> ProfileContents => Set<ProfileContentRow>();

    public DbSet<EventRow> Events => Set<EventRow>();

    public DbSet<AuditRow> Audits => Set<AuditRow>();

    public DbSet<PlannedChangeRow> PlannedChanges => Set<PlannedChangeRow>();

    public DbSet<KubeconfigRow> Kubeconfigs => Set<KubeconfigRow>();

    public DbSet<UsedTokenRow> UsedTokens => Set<UsedTokenRow>();

    // Query filters read these from the context that runs the query.
    private bool SeesAllTenants => caller.Scope.IsSystem;

    private string? SeenTenant => caller.Scope.TenantUid;

    private string? SeenProject => caller.Scope.ProjectUid;

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        foreach (var entry in ChangeTracker.Entries<IVersioned>().Where(entry => entry.State is EntityState.Modified))
        {
            entry.Entity.RowVersion++;
        }

        foreach (
            var entry in ChangeTracker
                .Entries<ITenantOwned>()
                .Where(entry => entry is { State: EntityState.Added, Entity.TenantUid: "" })
        )
        {
            entry.Entity.TenantUid = caller.TenantUid;
        }

        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    // A test compares the model with the last migration; repeating the comparison costs a tenth of a start.
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<MillisecondsConverter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<UserRow>(user =>
        {
            user.HasKey(row => row.Uid);
            user.HasIndex(row => row.Email).IsUnique();
            KeepTenantsApart(user);
        });
        modelBuilder.Entity<ApiKeyRow>(key =>
        {
            key.HasKey(row => row.Uid);
            key.HasIndex(row => row.KeyHash).IsUnique();
            key.Property(row => row.RowVersion).IsConcurrencyToken();
            KeepTenantsApart(key);
        });
        modelBuilder.Entity<RevokedSessionRow>().HasKey(row => row.Id);
        modelBuilder.Entity<SettingRow>().HasKey(row => row.Name);
        modelBuilder.Entity<UsedTokenRow>(token =>
        {
            token.HasKey(row => row.Id);
            token.HasIndex(row => row.Until);
        });
        modelBuilder.Entity<ProjectRow>(project =>
        {
            project.HasKey(row => row.Uid);
            project.HasIndex(row => new { row.Name, row.TenantUid }).IsUnique();
            project.Property(row => row.RowVersion).IsConcurrencyToken();
            KeepTenantsApart(project);
        });
        modelBuilder.Entity<GatewayRow>(gateway =>
        {
            gateway.HasKey(row => row.Uid);
            gateway.HasIndex(row => new { row.ActiveName, row.TenantUid }).IsUnique();
            KeepTenantsApart(gateway);
        });
        modelBuilder.Entity<PairingCodeRow>(code =>
        {
            code.HasKey(row => row.CodeHash);
            KeepTenantsApart(code);
        });
        modelBuilder.Entity<AccountRow>(account =>
        {
            account.HasKey(row => row.Uid);
            account.HasIndex(row => new { row.ActiveName, row.TenantUid }).IsUnique();
            account.HasIndex(row => new { row.GatewayUid, row.Revision });
            account.HasIndex(row => new { row.CreatedAt, row.Uid });
            account.Property(row => row.RowVersion).IsConcurrencyToken();
            KeepTenantsApart(account);
            account.HasQueryFilter(
                ProjectFilter,
                row => SeenProject == null || row.ProjectUid == null || row.ProjectUid == SeenProject
            );
        });
        modelBuilder.Entity<ProfileRow>(profile =>
        {
            profile.HasKey(row => row.Uid);
            profile.HasIndex(row => new { row.Key, row.TenantUid }).IsUnique();
            profile.HasIndex(row => new { row.CreatedAt, row.Uid });
            profile.Property(row => row.RowVersion).IsConcurrencyToken();
            KeepTenantsApart(profile);
            profile.HasQueryFilter(
                ProjectFilter,
                row => SeenProject == null || row.ProjectUid == null || row.ProjectUid == SeenProject
            );
        });
        modelBuilder.Entity<ClusterRow>(cluster =>
        {
            cluster.HasKey(row => row.Uid);
            cluster.HasIndex(row => new { row.ActiveName, row.TenantUid }).IsUnique();
            cluster.HasIndex(row => row.ConfigUid).IsUnique();
            cluster.HasIndex(row => new { row.GatewayUid, row.Revision });
            cluster.HasIndex(row => row.AccountUid);
            cluster.HasIndex(row => new { row.ProjectUid, row.Name });

            // Lists count and find their rows by one of these two alone: a row holds kilobytes of JSON before the columns that
            // say who sees it.
            cluster.HasIndex(row => new
            {
                row.CreatedAt,
                row.Uid,
                row.TenantUid,
                row.ProjectUid,
                row.DeletedAt,
            });
            cluster.HasIndex(row => new
            {
                row.DeletedAt,
                row.TenantUid,
                row.ProjectUid,
                row.CreatedAt,
                row.Uid,
            });
            cluster.HasIndex(row => new { row.Name, row.Uid });
            cluster.Property(row => row.RowVersion).IsConcurrencyToken();
            cluster
                .HasOne(row => row.Report)
                .WithOne()
                .HasForeignKey<ClusterReportRow>(row => row.ClusterUid)
                .OnDelete(DeleteBehavior.Cascade);
            KeepTenantsApart(cluster);
            cluster.HasQueryFilter(ProjectFilter, row => SeenProject == null || row.ProjectUid == SeenProject);
            cluster.HasMany(row => row.Profiles).WithOne().HasForeignKey(row => row.ClusterUid).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<ClusterReportRow>(report =>
        {
            report.HasKey(row => row.ClusterUid);
            report.HasIndex(row => row.RepaveHash);
        });
        modelBuilder.Entity<ClusterLabelRow>(label =>
        {
            label.HasKey(row => new { row.ClusterUid, row.Key });
            label.HasIndex(row => new { row.Key, row.Value });
            label.HasOne<ClusterRow>().WithMany().HasForeignKey(row => row.ClusterUid).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<ClusterProfileRow>(profile =>
        {
            profile.HasKey(row => new { row.ClusterUid, row.ProfileUid });
            profile.HasIndex(row => row.ProfileUid);
            profile.HasOne(row => row.Content).WithMany().HasForeignKey(row => row.ContentUid).OnDelete(DeleteBehavior.Restrict);
        });
        modelBuilder.Entity<ProfileContentRow>().HasKey(row => row.Uid);
        modelBuilder.Entity<EventRow>(happening =>
        {
            happening.HasKey(row => row.Number);
            happening.Property(row => row.Number).UseIdentityByDefaultColumn();
            happening.HasIndex(row => new { row.GatewayUid, row.GatewayEventId }).IsUnique();
            happening.HasIndex(row => new { row.ClusterUid, row.Number });
            happening.HasIndex(row => new { row.ClusterUid, row.Generation });
            KeepTenantsApart(happening);
            // The database reads the visible clusters once, not once for each event.
            happening.HasQueryFilter(
                ProjectFilter,
                row => SeenProject == null || Clusters.Select(cluster => cluster.Uid).Contains(row.ClusterUid)
            );
        });
        modelBuilder.Entity<AuditRow>(audit =>
        {
            audit.HasKey(row => row.Number);
            audit.Property(row => row.Number).UseIdentityByDefaultColumn();
            audit.HasIndex(row => row.Uid).IsUnique();
            audit.HasIndex(row => new { row.ResourceUid, row.Number });
            audit.HasIndex(row => new { row.ActorUid, row.Number });
            audit.HasIndex(row => new { row.ProjectUid, row.Number });
            KeepTenantsApart(audit);
            audit.HasQueryFilter(ProjectFilter, row => SeenProject == null || row.ProjectUid == SeenProject);
        });
        modelBuilder.Entity<PlannedChangeRow>(planned =>
        {
            planned.HasKey(row => new { row.Hash, row.Scope });
            planned.HasIndex(row => row.ExpiresAt);
            KeepTenantsApart(planned);
        });
        modelBuilder.Entity<KubeconfigRow>(kubeconfig =>
        {
            kubeconfig.HasKey(row => new { row.ClusterUid, row.UserUid });
            kubeconfig.HasOne<ClusterRow>().WithMany().HasForeignKey(row => row.ClusterUid).OnDelete(DeleteBehavior.Cascade);
            KeepTenantsApart(kubeconfig);
        });
    }

    private void KeepTenantsApart<T>(EntityTypeBuilder<T> rows)
        where T : class, ITenantOwned => rows.HasQueryFilter(TenantFilter, row => SeesAllTenants || row.TenantUid == SeenTenant);

    private sealed class MillisecondsConverter()
        : ValueConverter<DateTimeOffset, long>(
            time => time.ToUnixTimeMilliseconds(),
            milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        );
}
